"""What lies around the master key's file: nothing, or a key management service that alone opens it.

With a service, whoever copies the home, a backup or a worker's disk has a master key that opens nothing; each opening
is an entry in the service's own log.

Source: AWS KMS API Reference, Encrypt and Decrypt; "Encryption context" in its Developer Guide.
"""

import base64
import json
from collections.abc import Callable
from typing import Any, Final, Protocol

from data_contracts.errors import SettingsInvalid

__all__ = ["AwsKms", "Envelope", "Plain", "envelope_for"]

_VARIABLE: Final = "RIGHTSFLOW_MASTER_KEY_KMS"
_SCHEME: Final = "aws-kms://"
_CONTEXT: Final = {"rightsflow": "master key"}
"""Bound to what is sealed: the service opens it for nothing else, and its log says what it was for."""


class Envelope(Protocol):
    """Closes and opens the content of the master key's file."""

    def close(self, text: bytes) -> bytes:
        """What the file holds.

        Raises:
            SystemUnavailable: when the service cannot be reached.
            SettingsInvalid: when it refuses.
        """

    def open(self, content: bytes) -> bytes:
        """The keyset's text; raises as :meth:`close`."""


class Plain:
    """No envelope: the file's mode alone protects it."""

    def close(self, text: bytes) -> bytes:
        """The same."""
        return text

    def open(self, content: bytes) -> bytes:
        """The same; a file that a service closed is told, not taken for damaged.

        Raises:
            SettingsInvalid: when the file is closed by a service that no setting names.
        """
        key = _closed_by(content)
        if key:
            remedy = f"set {_VARIABLE}={key}"
            raise SettingsInvalid("a key management service closed the master key file", where=_VARIABLE, remedy=remedy)
        return content


class AwsKms:
    """A key of AWS KMS; credentials and region as AWS' own clients find them.

    Args:
        key: ``aws-kms://`` and an ARN, an id or an alias.
        connect: gives a client of the service.
    """

    def __init__(self, key: str, connect: Callable[[], Any] | None = None) -> None:
        """Connects when it is first needed."""
        self._key = key
        self._connect = connect

    def close(self, text: bytes) -> bytes:
        """The keyset's text, closed; the file says by which key."""
        sealed = self._asked("encrypt", KeyId=self._id, Plaintext=text)["CiphertextBlob"]
        return json.dumps({"kms": self._key, "sealed": base64.b64encode(sealed).decode()}).encode()

    def open(self, content: bytes) -> bytes:
        """The keyset's text.

        Raises:
            SettingsInvalid: when the file is not closed yet, or the service does not open it.
            SystemUnavailable: when the service cannot be reached.
        """
        if not _closed_by(content):
            remedy = "run `rightsflow keys close`: it exchanges the file for one that the service alone opens"
            raise SettingsInvalid("the master key file is not closed yet", where=_VARIABLE, remedy=remedy)
        sealed = base64.b64decode(json.loads(content)["sealed"])
        text: bytes = self._asked("decrypt", KeyId=self._id, CiphertextBlob=sealed)["Plaintext"]
        return text

    @property
    def _id(self) -> str:
        return self._key.removeprefix(_SCHEME)

    def _asked(self, what: str, **said: object) -> Any:  # noqa: ANN401  # boto3 has no types
        try:
            from integrations.vault import aws  # noqa: PLC0415  # an extra that few installations have
        except ImportError:
            remedy = "install the extra `aws` of this software"
            raise SettingsInvalid("AWS' client is not installed", where=_VARIABLE, remedy=remedy) from None
        client = self._connect() if self._connect is not None else aws.client()
        return aws.asked(client, what, {**said, "EncryptionContext": _CONTEXT}, where=_VARIABLE)


def envelope_for(key: str) -> Envelope:
    """The envelope that a setting names; none where it is empty.

    Raises:
        SettingsInvalid: when no such service is known, or its client is not installed.
    """
    if not key:
        return Plain()
    if not key.startswith(_SCHEME) or not key.removeprefix(_SCHEME):
        remedy = f"write {_SCHEME} and the key's ARN, id or alias"
        raise SettingsInvalid("no such key management service is known", where=_VARIABLE, remedy=remedy)
    return AwsKms(key)


def _closed_by(content: bytes) -> str:
    """The key that closed a file; empty for a keyset in clear, and for what is neither."""
    try:
        said = json.loads(content)
    except ValueError:
        return ""
    return str(said.get("kms", "")) if isinstance(said, dict) else ""
