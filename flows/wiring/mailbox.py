"""The mailbox that requests come to by mail."""

from contextlib import AbstractContextManager

from data_contracts.errors import SettingsInvalid
from flows.settings import Settings
from integrations.intake.mailbox import ImapMailbox, ImapSettings, opened_mailbox

__all__ = ["ImapMailbox", "mailbox_of"]


def mailbox_of(chosen: Settings) -> AbstractContextManager[ImapMailbox]:
    """The mailbox of the settings, to be opened.

    Raises:
        SettingsInvalid: when none is configured.
    """
    if not chosen.imap_host:
        where, remedy = "RIGHTSFLOW_IMAP_HOST", "name the mailbox's server; docs/run/settings.md lists the others"
        raise SettingsInvalid("no mailbox is configured", where=where, remedy=remedy)
    return opened_mailbox(ImapSettings(**chosen.imap))
