"""Letters: a notice on paper, which a person prints and posts (charter 5.2, 8a).

Nothing here prints. The order of a letter, so that a process killed anywhere loses none:

1. it is set and sealed beside the words, and the notice's receipt says that it goes by post;
2. gate *posting* is open: was it posted, and under which reference?
3. a notice that ends or changes something counts as told when it was posted, and only then moves the case on; others,
   as an acknowledgement, move it on at once, and are only waited for before the case is closed.

>>> waits_for_posting(NoticeKind.ANSWER), waits_for_posting(NoticeKind.ACKNOWLEDGEMENT)
(True, False)
"""

from typing import Any

from data_contracts.case.case import Case
from data_contracts.case.ledger import StepEntry
from data_contracts.case.request import SubjectRequest
from data_contracts.evidence.records import Facts, Record, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.told.notices import Notice, Rendered
from data_contracts.vocabulary import CaseState, Channel, Decision, Gate, NoticeKind
from tasks.case.parts import PARTS
from tasks.case.sealed import subject_request
from tasks.gates.gates import Question, open_gate
from tasks.services import services
from tasks.steps.step import step

BY_POST = "post"
LETTER, WORDS = "pdf", "txt"
"""How the sealed letter's name ends."""

_MOVE_ON_AT_ONCE = frozenset(
    {
        NoticeKind.ACKNOWLEDGEMENT,
        NoticeKind.IDENTITY_REQUEST,
        NoticeKind.IDENTITY_REMINDER,
        NoticeKind.REQUESTER_PROOF,
    }
)


def goes_by_post(case: Case, request: SubjectRequest) -> bool:
    """Whether the data subject is answered on paper: who wrote a letter and gave an address, and who has no e-mail."""
    return not request.reply_to or (case.channel is Channel.LETTER and bool(request.postal_address))


def waits_for_posting(kind: NoticeKind) -> bool:
    """Whether a letter of that kind counts as told only once it was posted."""
    return kind not in _MOVE_ON_AT_ONCE


def send_by_post(
    case_id: str, name: str, notice: Notice, rendered: Rendered, move: tuple[CaseState, str] | None
) -> str:
    """Set the letter, seal it, and ask for it to be posted; returns ``post``.

    Raises:
        SettingsInvalid: when no font of this machine has one of its characters.
    """
    provided = services()
    letter = provided.channel.letter(notice, subject_request(case_id).postal_address, at=provided.now())
    with provided.vault.write(case_id, f"{name}.{LETTER}") as blob:
        blob.write(letter)
    waits = waits_for_posting(notice.kind)
    then = [move[0].value, move[1]] if move is not None and waits else []
    told = {"via": BY_POST, "letter": digest(letter)}
    provided.register.complete(
        case_id,
        name,
        receipt={**told, "waits": waits, "then": then, PARTS: [f"{name}.{LETTER}", f"{name}.{WORDS}"]},
        record=Record(name, "", {**told, "text": digest(rendered.text.encode()), "to": "request"}),
        move=None if waits else move,
    )
    return ask_for_posting(case_id, name)


def ask_for_posting(case_id: str, name: str) -> str:
    """Open the gate of a letter that is set, unless it was opened; returns ``post``."""
    entry = services().register.step(case_id, name)
    if entry is not None and entry.receipt.get("via") == BY_POST:
        open_gate(case_id, _question(case_id, name, entry))
    return BY_POST


def unposted(case_id: str) -> list[GateEntry]:
    """Open gates of the case's letters, oldest first."""
    return services().register.gates(case_id, kind=Gate.POSTING, open_only=True)


def awaits_posting(case_id: str) -> bool:
    """Whether a notice of the case counts as told only once its letter was posted, and that is not settled yet."""
    return bool(_unsettled(case_id))


@step("settle posting")
def settle_posting(case_id: str) -> list[str]:
    """Move the case on for each letter that was posted; returns their names."""
    return [name for name, entry in _unsettled(case_id).items() if _settle(case_id, name, entry)]


def _settle(case_id: str, name: str, entry: StepEntry) -> bool:
    register = services().register
    gate = register.gate(case_id, Gate.POSTING, name)
    if gate is None or gate.outcome is not Decision.SENT:
        return False
    answer = gate.answers[-1]
    then: Any = entry.receipt["then"]
    facts: Facts = {"posted": True, "reference": answer.reference, "posted_by": answer.operator}
    register.complete(
        case_id,
        f"{name}.posted",
        receipt={"reference": answer.reference},
        record=Record(f"{name}.posted", "", facts, actor=answer.operator),
        move=(CaseState(then[0]), then[1]) if then else None,
        actor=answer.operator,
    )
    return True


def _unsettled(case_id: str) -> dict[str, StepEntry]:
    """Letters that are waited for, by notice."""
    steps = services().register.steps(case_id)
    done = {name for (name, _), entry in steps.items() if entry.state == "done"}
    return {
        name: entry for (name, _), entry in steps.items() if entry.receipt.get("waits") and f"{name}.posted" not in done
    }


def _question(case_id: str, name: str, entry: StepEntry) -> Question:
    return Question(
        gate=Gate.POSTING,
        subject=name,
        description=(
            f"**Case {case_id}: the letter `{name}` is ready.** Print it (`rightsflow letter {case_id} {name} --to "
            "FOLDER --as NAME --code CODE`), post it, then answer *sent* with the reference of the posting."
        ),
        facts={"notice": name, "letter": entry.receipt["letter"]},
        options=(Decision.SENT,),
    )
