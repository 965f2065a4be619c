"""The line that a person reads of a system and its canary. Pure."""

from collections.abc import Iterator

from data_contracts.connectors.canaries import CanaryResult, CanaryStanding, CanaryState


def line_of(standing: CanaryStanding) -> str:
    """What became of a system's canary, as a sentence.

    >>> line_of(CanaryStanding("weblogs", CanaryState.NOT_ALLOWED))
    'weblogs: this system has no canary: its contract does not allow one.'
    """
    return f"{standing.system}: {_said(standing)}"


def _said(standing: CanaryStanding) -> str:
    if standing.state is CanaryState.NOT_ALLOWED:
        return "this system has no canary: its contract does not allow one."
    if standing.state is CanaryState.NEVER:
        return "no canary was tried yet."
    if standing.state is CanaryState.UNFINISHED or standing.result is None:
        why = f" {standing.why}" if standing.why else ""
        return f"the canary of {standing.at:%Y-%m-%d} is not finished; the next run goes on with it.{why}"
    return " ".join(_sentences(standing.result))


def _sentences(result: CanaryResult) -> Iterator[str]:
    if result.failed:
        yield f"The canary failed: {result.failed}"
    if result.astray:
        yield f"The search led to rows of others in {', '.join(result.astray)}: nothing was erased by it."
    if result.missed:
        yield f"The search did not find the canary in {', '.join(result.missed)}."
    if result.left:
        yield f"Erased, and a place still held the canary: {', '.join(result.left)}."
    if result.state in {CanaryState.CLEAN, CanaryState.UNSEEN}:
        changed = f"changed ({result.changed})" if result.changed else "not changed (no text is changed by request)"
        yield f"Found in {', '.join(result.planted)}, {changed}, erased; nothing is left."
    if result.not_looked:
        yield f"The witness could not look at: {', '.join(result.not_looked)}."
    if result.left_out:
        yield f"Not planted in: {', '.join(result.left_out)}."
