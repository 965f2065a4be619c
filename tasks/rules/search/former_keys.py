"""Keys that change hands: until when one was an account's, and whether somebody else may be its owner by now.

Pure. An address belongs to one account up to the moment it was put right there. Rows from before that moment are that
account's; what a later owner proves with the same address is not theirs.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey


def given_up_by_others(
    formers: Iterable[FormerKey], key: SubjectKey, accounts: Collection[SubjectKey]
) -> list[FormerKey]:
    """Entries that show a key to have been somebody else's, oldest first.

    Args:
        formers: what the register remembers.
        key: the key that is proven now.
        accounts: keys of the accounts that hold it now, of whoever asks.
    """
    own = {account.digest for account in accounts}
    others = [one for one in formers if one.key == key and one.account.digest not in own]
    return sorted(others, key=lambda one: one.until)


def is_theirs(row_from: datetime | None, former: FormerKey) -> bool | None:
    """Whether a row that holds a former key is the account's that gave it up; None where no date tells.

    Args:
        row_from: when the row came to be, aware; None where it has no such date.
        former: until when the key was the account's.
    """
    return None if row_from is None else row_from < former.until
