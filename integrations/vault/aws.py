"""AWS' key management service, by its own client; the extra ``aws`` brings it."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from data_contracts.errors import SettingsInvalid, SystemUnavailable

__all__ = ["asked", "client"]


def client() -> Any:  # noqa: ANN401  # boto3 has no types
    """A client of the service; credentials and region as AWS' own clients find them."""
    return boto3.client("kms")


def asked(service: Any, what: str, said: Mapping[str, object], *, where: str) -> Any:  # noqa: ANN401  # boto3 has no types
    """What the service answers.

    Args:
        service: a client of it.
        what: the operation.
        said: its arguments.
        where: the setting that names the key, for a message.

    Raises:
        SettingsInvalid: when it refuses.
        SystemUnavailable: when it cannot be reached.
    """
    try:
        return getattr(service, what)(**said)
    except ClientError as refused:
        code = str(refused.response.get("Error", {}).get("Code", ""))
        remedy = f"correct {where}, and let this account encrypt and decrypt with that key ({code})"
        raise SettingsInvalid("the key management service refuses", where=where, remedy=remedy) from None
    except BotoCoreError as away:
        raise SystemUnavailable(
            f"the key management service could not be asked ({type(away).__name__})",
            where=where,
            remedy="see that this machine reaches it, and has a region and credentials; then try again",
        ) from None
