"""``rightsflow package``: the answer package of an access or portability case."""

import getpass

from flows.commands.options import EmptyFolder, Json
from flows.operator import packages
from flows.terminal import our_errors, show


@our_errors
def unseal_package(
    case: str,
    to: EmptyFolder,
    as_json: Json = False,
) -> None:
    """Unseal the answer package of an access or portability case."""
    facts = packages.unseal_package(case, to, account=getpass.getuser())
    show(facts, as_json, lambda f: print(f"{len(f['files'])} files in {to}; open {to / 'index.html'}"))
