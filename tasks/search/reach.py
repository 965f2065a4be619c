"""Systems that a person handled, looked at afterwards wherever they answer (law 7).

A person may answer at the gate *outage* that the work was done outside the software. Before the proof each such system
is tried: one that answers, as its contract says, is looked at like any other; one that does not is *told by a person*.
"""

from typing import Final

from data_contracts.errors import RightsflowError
from tasks.case.sealed import REACH, read_json, write_json
from tasks.search.locate import by_hand, survey_system
from tasks.services import services

ANSWERING: Final = "answering"


def try_handled(case_id: str) -> None:
    """Find out which systems that a person handled can be looked at now."""
    handled = by_hand(case_id)
    if not handled:
        return
    tried = survey_system.for_each(case_id, handled)
    answering = sorted(name for name, outcome in tried.items() if not isinstance(outcome, RightsflowError))
    write_json(case_id, REACH, {ANSWERING: answering})


def beyond_reach(case_id: str) -> dict[str, str]:
    """Systems that a person handled and that did not answer when they were tried last, with the person's reference."""
    handled = by_hand(case_id)
    if not handled or not services().vault.has(case_id, REACH):
        return handled
    answering = read_json(case_id, REACH)[ANSWERING]
    return {name: reference for name, reference in handled.items() if name not in answering}
