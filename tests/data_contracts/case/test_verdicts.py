"""How far an act is proven: one word, the worst that holds."""

import pytest

from data_contracts.case.plan import Remaining
from data_contracts.case.verdicts import Conclusion, Findings, StayGround, Staying, conclusion_of, staying_of

_LINE = Remaining("crm", "public.old.mail", "witness", 3, 1)
_STAYING = Staying(_LINE, StayGround.MENTION, ("anna",))


@pytest.mark.parametrize(
    ("findings", "conclusion"),
    [
        (Findings(), Conclusion.PROVEN),
        (Findings(staying=(_STAYING,)), Conclusion.PROVEN_BUT_FOR),
        (Findings(staying=(_STAYING,), told={"web": "T-1"}), Conclusion.TOLD),
        (Findings(told={"web": "T-1"}, not_looked=(("crm: a", "too_long"),)), Conclusion.NOT_LOOKED_AT),
    ],
)
def test_the_worst_decides(findings: Findings, conclusion: Conclusion) -> None:
    """And the same word is read again from what was noted."""
    assert findings.conclusion is conclusion
    assert conclusion_of(findings.facts()) is conclusion


def test_each_place_that_stays_is_named_with_who_decided() -> None:
    """Rows are those that nothing else keeps."""
    facts = Findings(staying=(_STAYING,)).facts()

    assert staying_of(facts) == [
        {"system": "crm", "place": "public.old.mail", "check": "witness", "rows": 2, "why": "mention", "by": ["anna"]}
    ]


def test_receipts_of_older_versions_are_read() -> None:
    """They know neither the word nor what stays."""
    assert conclusion_of({"by_hand": "T-1"}) is Conclusion.TOLD
    assert conclusion_of({"counts": 2}) is Conclusion.PROVEN
    assert staying_of({"counts": 2}) == []
