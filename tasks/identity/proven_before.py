"""Identity that was proven in an earlier case: nobody asks for this one, and it goes on by that (Art. 12(6))."""

from tasks.case.clock import IDENTITY, today
from tasks.case.erased_again import AGAIN, follows
from tasks.case.sealed import subject_request
from tasks.identity.conclude import Conclusion, conclude_identity
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step


@step("settle identity", watched=always)
def settle_before(case_id: str) -> None:
    """Note that identity was proven in the case that erased before (Art. 12(6)).

    What a purge forgot is not remembered by this case either: its keys are those that its own rows bear.
    """
    if is_done(case_id, IDENTITY):
        return
    origin = follows(case_id)
    identity = subject_request(case_id).identity
    facts = {"proven_in": origin}
    conclude_identity(
        case_id, Conclusion(cause=f"proven in {origin}", on=today(), method=AGAIN, identity=identity, facts=facts)
    )
