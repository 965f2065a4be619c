"""Art. 12(3): whose answer is due soonest comes first."""

import pytest

from tasks.rules.clock.urgency import Urgency, is_behind, urgency


@pytest.mark.parametrize(
    ("days_left", "found"),
    [
        (None, Urgency.DEFAULT),
        (11, Urgency.DEFAULT),
        (10, Urgency.DUE_SOON),
        (3, Urgency.DUE_SOON),
        (2, Urgency.URGENT),
        (0, Urgency.URGENT),
        (-5, Urgency.URGENT),
    ],
)
def test_days_of_the_warnings_count(days_left: int | None, found: Urgency) -> None:
    """At the first warning a case is due soon, at the last it is urgent; while a proof is awaited no day counts."""
    assert urgency(days_left, [5, 10, 2]) is found


@pytest.mark.parametrize("wanted", list(Urgency))
def test_queue_nobody_knows_comes_last(wanted: Urgency) -> None:
    """No queue is behind itself; one that somebody made is behind all of ours."""
    assert is_behind("somebody's", wanted)
    assert not is_behind(wanted.value, wanted)
