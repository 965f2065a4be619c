"""Whose data a table holds: ours to act on, or another controller's, whom the data subject is referred to (P2)."""

from collections.abc import Iterable, Mapping

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Table


def is_ours(table: Table, vocabulary: Vocabulary) -> bool:
    """Whether we decide over the table's data, alone or jointly.

    Against joint controllers the data subject may exercise the rights with each of them (Art. 26(3)).
    """
    own = vocabulary.company.key
    party = vocabulary.parties.get(table.controller)
    return table.controller in {"", own} or (party is not None and party.joint)


def is_all_referred(lines: Iterable[Mapping[str, object]], *, by_hand: Mapping[str, str]) -> bool:
    """Whether a plan found something, and all of it is another controller's.

    Args:
        lines: the plan's lines as JSON.
        by_hand: systems that a person looks into outside the software: who knows what is found there (law 6).
    """
    found = {line["action"] for line in lines if line["rows"]}
    return found == {"refer"} and not by_hand
