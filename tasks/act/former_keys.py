"""Under which keys an account was known: remembered when one is put right, and forgotten in time.

What a search does with them stands in :mod:`tasks.search.remembered_keys`.
"""

from datetime import timedelta

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from data_contracts.evidence.records import Record
from data_contracts.ports.sealed_rows import former_key_context
from tasks.act.rectification import replaced_keys
from tasks.case.subject_keys import Digests
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step

_REMEMBERED = "remember former keys"
_YEAR = timedelta(days=365)


@step(_REMEMBERED)
def remember_former_keys(case_id: str) -> int:
    """Remember, for each account, the keys that were put right in it; how many. Noted again, nothing changes."""
    register = services().register
    if is_done(case_id, _REMEMBERED):
        return 0
    digests, now = Digests(), services().now()
    made: list[FormerKey] = []
    for one in replaced_keys(case_id):
        for account_value, old in one.accounts:
            account, former = digests.of(one.table.account, account_value), digests.of(one.column.identity, old)
            new = digests.of(one.column.identity, one.new) if one.new else None
            if account is None or former is None or former == new:
                continue
            made.append(FormerKey(account, former, _sealed(account, former, old), now))
            if new is not None:
                register.forget_former_key(account, new)  # it has this one again
    register.put_former_keys(made)
    facts = {"former_keys": len(made)}
    register.complete(case_id, _REMEMBERED, receipt=facts, record=Record(_REMEMBERED, "", {"former_keys": len(made)}))
    return len(made)


def forget_old_keys() -> int:
    """Forget former keys whose time is over, by the policy; how many."""
    provided = services()
    return provided.register.forget_former_keys(provided.now() - provided.policy.former_key_years * _YEAR)


def _sealed(account: SubjectKey, key: SubjectKey, value: str) -> bytes:
    return services().seal_secret(value.encode(), former_key_context(account, key))
