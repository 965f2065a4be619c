"""Calls that leave for addresses that others named, and what they are signed with."""

from flows.settings import Settings
from integrations.intake.calling import SafeCaller
from integrations.intake.opendsr_api import ResponseSigner, signer_of

__all__ = ["ResponseSigner", "SafeCaller", "opendsr_signer"]


def opendsr_signer(chosen: Settings) -> ResponseSigner | None:
    """What answers to controllers are signed with; None where no key is configured.

    Raises:
        SettingsInvalid: when a file cannot be read, or key and certificate do not belong together.
    """
    return signer_of(chosen.opendsr_key_file, chosen.opendsr_certificate_file)
