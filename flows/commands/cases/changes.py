"""``rightsflow changes``: old and new values of a rectification, for an operator's eyes."""

from flows.commands.options import Code, EmptyFolder, Json, Operator
from flows.operator.changes import unseal_changes as unseal
from flows.terminal import our_errors, show


@our_errors
def unseal_changes(
    case: str,
    *,
    to: EmptyFolder,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Unseal old and new values of a rectification that is planned; that you looked goes into evidence."""
    facts = unseal(case, to, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['places']} places in {f['file']}; delete it when you have compared them"))
