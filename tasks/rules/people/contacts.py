"""Which columns say where somebody can be reached, by the organisation's own word (law 8)."""

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Column, Table
from data_contracts.vocabulary import Assertion
from tasks.rules.people.assurance import EMAIL


def mail_columns(table: Table) -> list[Column]:
    """Columns with e-mail addresses that the organisation vouches for: something may be sent to these alone.

    Several people may lie inside one value: nothing is sent there.
    """
    return [c for c in table.identities if c.identity == EMAIL and c.is_vouched and c.inside is None]


def held_columns(table: Table, kind: str) -> list[Column]:
    """Columns by which a key of a kind tells whose the row is: vouched for, or the account's own.

    What somebody typed into a column may be anybody's key, and tells nothing.
    """
    own = {column.name for column in table.account_columns if column.assertion is not Assertion.SELF_ASSERTED}
    named = (c for c in table.identities if c.identity == kind and c.inside is None)
    return [c for c in named if c.is_vouched or c.name in own]


def is_contact(column: Column, vocabulary: Vocabulary) -> bool:
    """Whether people are reached by what a column holds: an e-mail address or a telephone number that is a key."""
    kind = vocabulary.identities.get(column.identity)
    return kind is not None and kind.normalise in {"email", "phone"}
