"""Acting until it is proven, with people where the proof fails; and agreeing on a plan before anything is done."""

from collections.abc import Callable, Mapping

from data_contracts.case.verdicts import DECIDABLE
from data_contracts.errors import ActUnproven
from data_contracts.vocabulary import Decision, Gate
from flows.rights.stages import approve, locate, over_systems
from flows.runs.gates import ask
from tasks.gates.failed_try import failed_try
from tasks.gates.gates import Question
from tasks.proof.judge import act_again, note_by_hand, note_staying, times_acted_again, times_done_by_hand
from tasks.search.locate import forget_search
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import Step

Counts = Mapping[str, int]


def agree_on_plan(  # noqa: PLR0913  # what a right puts in
    case_id: str,
    measure: Step[[str, str], Counts],
    plan: Callable[[str, Mapping[str, Counts]], str],
    confirm: Callable[[str, Mapping[str, Counts]], bool],
    *,
    may_act: Callable[[str], bool] = lambda _: True,
    before_plan: Callable[[str], None] = lambda _: None,
    rehearse: Step[[str, str], int] | None = None,
) -> bool:
    """Locate, plan, have people approve, and look again just before acting; False when it ended in a refusal.

    A plan that changed since people saw it goes back to them (law 5). Where it cannot be told any more whose data
    these are, a person says so and nothing is done (law 8). ``may_act`` is asked once people approved, and waits for
    what else has to happen before; False where the request is refused then. ``before_plan`` looks at what people see
    beside the plan; ``rehearse`` tries in each system what people are asked to approve.
    """
    while not is_done(case_id, "confirm"):
        if not is_done(case_id, "locate") and not locate(case_id):
            return False
        if not is_done(case_id, "plan"):
            before_plan(case_id)
            counts = over_systems(case_id, measure, services().contracts.systems)
            if rehearse is not None:
                over_systems(case_id, rehearse, counts)
            plan(case_id, counts)
        if not approve(case_id) or not may_act(case_id):
            return False
        forget_search(case_id)
        if not locate(case_id):
            return False
        confirm(case_id, over_systems(case_id, measure, services().contracts.systems))
    return True


def until_proven(case_id: str, act: Callable[[], None], prove: Callable[[], object]) -> None:
    """Act, look again, and have people decide about what is not as planned, until nothing undecided remains.

    Whatever they answer, the systems are looked at again: what a person finished by hand is seen there, or is not done.
    """
    while not is_done(case_id, "prove"):
        act()
        try:
            prove()
        except ActUnproven as unproven:
            _settle_mismatch(case_id, unproven)


def _settle_mismatch(case_id: str, unproven: ActUnproven) -> None:
    entry = ask(case_id, _mismatch_question(case_id, unproven))
    match entry.outcome:
        case Decision.BY_HAND:
            note_by_hand(case_id, entry)
        case Decision.STAYS:
            note_staying(case_id, entry, unproven.remains)
        case _:
            act_again(case_id)


def _mismatch_question(case_id: str, unproven: ActUnproven) -> Question:
    """What to do about what remains; an answer is for what was shown, and is carried out once."""
    right = services().register.case(case_id).right
    grounds = ", ".join(f"*{ground.value}*" for ground in DECIDABLE)
    rows = "".join(f"| {system} | {place} | {check} | {rows} |\n" for system, place, check, rows in unproven.remains)
    table = f"| system | place | check | rows |\n| --- | --- | --- | ---: |\n{rows}\n" if rows else ""
    # Where something was not looked at at all, nobody can say that it stays.
    may_stay = bool(unproven.remains)
    stays = {Decision.STAYS: f"with the reason as reference, which the letter says: {grounds}"}
    return failed_try(
        case_id,
        Gate.MISMATCH,
        "",
        what=f"the {right.value} is not proven.",
        told=f"{unproven.what}.\n\n{table}".rstrip(),
        ways={
            Decision.RETRY: "to act again from the sealed keys",
            Decision.BY_HAND: "with the reference of who finished it: the systems are looked at again",
            **(stays if may_stay else {}),
        },
        facts={
            "remains": unproven.what,
            "acted_again": times_acted_again(case_id),
            **({"by_hand": times} if (times := times_done_by_hand(case_id)) else {}),
        },
    )
