"""Credentials of systems and recipients: from the environment, else kept sealed, else from a Prefect Secret block.

Secret blocks are read for installations that have some: whoever may ask Prefect's server reads them in clear. No page
recommends them, and ``rightsflow contracts check`` names those in use.
"""

from collections.abc import Callable, Iterable, Mapping

from data_contracts.ports.sealed_rows import Credential, Credentials, credential_context
from flows.settings import has_server, variable


class KeptCredentials:
    """The credentials of an installation, each as it is now."""

    def __init__(self, kept: Credentials, open_secret: Callable[[bytes, str], bytes]) -> None:
        """Remember where they are.

        Args:
            kept: the register.
            open_secret: opens what the master key sealed for a context.
        """
        self._kept = kept
        self._open = open_secret

    def named(self, name: str) -> str:
        """The credential of that name; empty where there is none.

        Raises:
            VaultSealed: when it is sealed with another master key.
        """
        return self.own(name) or secret_block(name)

    def own(self, name: str) -> str:
        """The same, Secret blocks left out."""
        return variable(name) or self._opened(name, self._kept.credential(name))

    def own_of(self, names: Iterable[str]) -> Mapping[str, str]:
        """The same of several, in one look at the register."""
        kept = {one.name: one for one in self._kept.credentials()}
        return {name: variable(name) or self._opened(name, kept.get(name)) for name in names}

    def _opened(self, name: str, kept: Credential | None) -> str:
        return "" if kept is None else self._open(kept.sealed, credential_context(name)).decode()


def secret_block(name: str) -> str:
    """What a Prefect Secret block holds; empty where there is no server, no such block, or it is not ours to read."""
    if not has_server():
        return ""
    from flows.home.blocks import read_block  # noqa: PLC0415  # imports Prefect only where a server is configured

    return read_block(name)
