"""What a live system is asked about keys that several accounts hold: a count, never a value (law 8).

Two accounts with one e-mail address or telephone number are two data subjects, or one whose gate ``subjects`` a person
will have to answer: whoever connects a system learns how many before the first request comes.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from data_contracts.connectors.keys import When

NormalRule: TypeAlias = Literal["verbatim", "email", "phone"]


@dataclass(frozen=True, slots=True)
class HeldKeys:
    """How many values of ``column`` are held by two or more accounts of ``table``.

    Where the column itself tells the accounts apart, the question is how many of its values stand in two or more rows.

    Attributes:
        account: the column whose value tells one account from another.
        rule: how values are compared: e-mail addresses in small letters without blanks around them, telephone numbers
            without what people write between digits. Coarser than a search, which only makes the count lower.
        account_rule: the same for accounts.
        when: rows that do not fulfil it hold no key.
    """

    table: str
    column: str
    account: str
    rule: NormalRule
    account_rule: NormalRule
    when: tuple[When, ...] = ()

    @property
    def is_of_accounts(self) -> bool:
        """Whether the column is the one that tells the accounts apart."""
        return self.column == self.account
