"""A draft as a person confirms it who finds every proposal right, and answers each TODO in a word."""

from collections.abc import Callable
from typing import Any, Final

from data_contracts.odcs.marks import GUESS, TODO
from tests.data_contracts import folder

_ANSWERS: Final[dict[str, object]] = {
    "controller": "acme", "purposes": ["contract"], "hold": "identity_5y", "follow": "none", "about": "subject",
    "category": "user.content.private", "source": "provided",
}  # fmt: skip
KINDS: Final = {
    "customer_no": {"unique": True},
    "email": {"normalise": "email", "unique": True},
    "phone": {"normalise": "phone", "shared": True},
    "cookie_id": {"shared": True},
}


def confirmed(element: Any) -> Any:
    """``element`` of a draft without marks: proposals of a ``guess`` taken over, each TODO answered."""
    if isinstance(element, list):
        return [confirmed(item) for item in element]
    if not isinstance(element, dict):
        return element
    taken = {key: value for key, value in element.get(GUESS, {}).items() if key in {"identity", "assertion"}}
    answered = {key: _ANSWERS[key] if value in (TODO, [TODO]) else value for key, value in element.items()}
    return {key: confirmed(value) for key, value in (answered | taken).items() if key != GUESS}


def alone(document: dict[str, Any]) -> Callable[[folder.Files], None]:
    """A change of the valid folder: the confirmed draft is its one system."""
    done = confirmed(document)
    kinds = {kind: KINDS[kind] for kind in KINDS if f"'identity': '{kind}'" in str(done)}

    def change(content: folder.Files) -> None:
        content.pop("crm"), content.pop("shop")
        content["vocabulary"]["identities"] = kinds
        content["vocabulary"]["holds"]["identity_5y"] |= {"open_ended": True, "note": "until the contract ended"}
        content["vocabulary"]["holds"].pop("accounting_10y")
        content[document["id"]] = done

    return change
