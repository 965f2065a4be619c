"""Progress beside a flow run: of work that lasts, and no more often than somebody looks."""

from uuid import UUID, uuid4

import pytest

from flows.runs import artifacts

_ID = uuid4()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the server was given to show, in a flow run."""
    found: list[float] = []

    def create(done: float, **_: object) -> UUID:
        found.append(done)
        return _ID

    def update(artifact: UUID, done: float) -> None:
        assert artifact == _ID
        found.append(done)

    class Context:
        get = staticmethod(object)

    monkeypatch.setattr(artifacts, "FlowRunContext", Context)
    monkeypatch.setattr(artifacts, "create_progress_artifact", create)
    monkeypatch.setattr(artifacts, "update_progress_artifact", update)
    return found


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        pytest.param([0.0, 0.5, 1.0, 1.5, 1.9], [], id="over before anybody looks"),
        pytest.param([0.0, 2.0, 2.1, 2.2, 2.3], [25.0, 100.0], id="its end is shown, what lies between is not"),
        pytest.param([0.0, 2.0, 4.0, 6.0, 8.0], [25.0, 50.0, 75.0, 100.0], id="every two seconds"),
        pytest.param([0.0, 0.1, 0.2, 0.3, 9.0], [100.0], id="a last step that lasts"),
    ],
)
def test_progress_of_work_that_lasts(shown: list[float], moments: list[float], told: list[float]) -> None:
    """Four things, one after the other, each done at its moment."""
    times = iter(moments)

    def clock() -> float:
        return now[0]

    now = [next(times)]
    with artifacts.progress("search", "C-1", 4, title="search", clock=clock) as reached:
        for done, at in enumerate(times, 1):
            now[0] = at
            reached(done)

    assert shown == told


def test_nothing_is_shown_outside_a_flow_run(shown: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """The register says the same."""

    class Nowhere:
        get = staticmethod(lambda: None)

    monkeypatch.setattr(artifacts, "FlowRunContext", Nowhere)
    with artifacts.progress("search", "C-1", 4, title="search", clock=iter([0.0, 9.0]).__next__) as reached:
        reached(4)

    assert shown == []
