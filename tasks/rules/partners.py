"""Whose data a table holds: ours to act on, or another controller's, whom the data subject is referred to (P2)."""

from data_contracts.company import Vocabulary
from data_contracts.contract import Table


def is_ours(table: Table, vocabulary: Vocabulary) -> bool:
    """Whether we decide over the table's data, alone or jointly.

    Against joint controllers the data subject may exercise the rights with each of them (Art. 26(3)).
    """
    own = vocabulary.company.key
    party = vocabulary.parties.get(table.controller)
    return table.controller in {"", own} or (party is not None and party.joint)
