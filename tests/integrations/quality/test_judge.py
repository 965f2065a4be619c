"""What a judge concludes, the same from both adapters."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.case.judging import Judge
from data_contracts.case.plan import Remaining, TablePath
from data_contracts.errors import StepFailed
from integrations.quality import judge as judge_module
from integrations.quality.judge import GreatExpectationsJudge, PlainJudge

CUSTOMER: TablePath = ("crm", "customer")
CALL: TablePath = ("crm", "call")
JUDGES = pytest.mark.parametrize("judge", [PlainJudge(), GreatExpectationsJudge()], ids=["plain", "gx"])


def a_line(path: TablePath = CUSTOMER, *, check: str = "rows", remaining: int = 0, kept: int = 0) -> Remaining:
    """A line of a proof; by default nothing remains."""
    return Remaining(*path, check=check, remaining=remaining, kept=kept, hold="accounting_10y" if kept else "")


NAMES = st.sampled_from(["crm", "billing", "a.b", "b", 'quo"te'])
PATHS = st.tuples(NAMES, NAMES)
LINES = st.builds(
    a_line,
    PATHS,
    check=st.sampled_from(["rows", "values", "keys"]),
    remaining=st.integers(0, 3),
    kept=st.integers(0, 3),
)


@JUDGES
def test_nothing_remains(judge: Judge) -> None:
    """An erasure is proven when every declared table was looked at and nothing remains."""
    verdict = judge.judge([a_line(CUSTOMER), a_line(CALL)], [CUSTOMER, CALL])

    assert (verdict.proven, verdict.failures) == (True, ())


@JUDGES
def test_kept_rows_are_proven(judge: Judge) -> None:
    """Rows that an exemption keeps do not disprove the erasure (Art. 17(3))."""
    verdict = judge.judge([a_line(remaining=2, kept=2)], [CUSTOMER])

    assert verdict.proven


@JUDGES
@pytest.mark.parametrize(("remaining", "kept"), [(1, 0), (3, 2), (0, 1)])
def test_more_or_less_than_kept(judge: Judge, remaining: int, kept: int) -> None:
    """More than is kept was not erased; less than is kept was erased although the law keeps it."""
    verdict = judge.judge([a_line(check="values", remaining=remaining, kept=kept)], [CUSTOMER])

    assert (verdict.proven, verdict.failures) == (False, ("crm.customer: values",))


@JUDGES
def test_a_table_nobody_looked_at(judge: Judge) -> None:
    """A declared table without a line is named, and the erasure is unproven (law 6)."""
    verdict = judge.judge([a_line(CUSTOMER)], [CUSTOMER, CALL])

    assert (verdict.proven, verdict.failures) == (False, ("crm.call: not looked at",))


@JUDGES
def test_a_missing_count(judge: Judge) -> None:
    """A count that is missing on both sides is not an equal count."""
    line = Remaining(*CUSTOMER, check="rows", remaining=None, kept=None)  # type: ignore[arg-type]

    verdict = judge.judge([line], [CUSTOMER])

    assert (verdict.proven, verdict.failures) == (False, ("crm.customer: rows",))


@JUDGES
@pytest.mark.parametrize(("proof", "expected"), [([], []), ([], [CUSTOMER]), ([a_line()], [])])
def test_an_empty_proof(judge: Judge, proof: list[Remaining], expected: list[TablePath]) -> None:
    """Looking at nothing, or for nothing, proves nothing."""
    verdict = judge.judge(proof, expected)

    assert (verdict.proven, verdict.failures) == (False, ("proof: empty",))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES, max_size=6), st.lists(PATHS, max_size=4))
def test_both_agree(proof: Sequence[Remaining], expected: Sequence[TablePath]) -> None:
    """The two adapters conclude the same from any proof."""
    plain, great = PlainJudge().judge(proof, expected), GreatExpectationsJudge().judge(proof, expected)

    assert (plain.proven, plain.failures) == (great.proven, great.failures)


def test_checker_is_named() -> None:
    """The verdict says what judged and in which version."""
    verdict = GreatExpectationsJudge().judge([a_line()], [CUSTOMER])

    assert verdict.checker.startswith("great-expectations 1.")


@pytest.mark.parametrize("wrap", [lambda info: info, lambda info: {"('metric',)": info}], ids=["flat", "deep"])
def test_an_error_is_no_failed_check(wrap: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """An expectation that broke is an error without the package's text, wherever the package says so."""
    info = {"raised_exception": True, "exception_message": "marie@example.org"}
    result = {"expectation_config": {"type": "some"}, "success": False, "exception_info": wrap(info)}

    with pytest.raises(StepFailed) as caught:
        judge_module._holds(result)

    assert "marie" not in str(caught.value)
