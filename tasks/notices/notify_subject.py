"""Tell the data subject (Art. 12): each notice once, by the channel the request came through.

A letter is answered by a letter; how that goes on stands in :mod:`tasks.notices.posting`.

The order of a notice, so that a process killed anywhere sends no second one and loses none (law 3):

1. claim ``notice.<kind>``; a claim that is done ends here;
2. a claim that was *handed over* without a receipt may have left: :class:`DeliveryUncertain`, and a person finds out;
3. render, keep the words sealed (what was told belongs to the case), deliver;
4. receipt, evidence and the case's move in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Final
from zoneinfo import ZoneInfo

from data_contracts.case.confirmed import ACTED, OF_PLAN, Confirmed
from data_contracts.case.request import SubjectRequest
from data_contracts.company.contract import in_language
from data_contracts.errors import DeliveryUncertain, RequestInvalid, StepFailed, SystemUnavailable
from data_contracts.evidence.records import Record, canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.told.notices import Content, Notice, Rendered
from data_contracts.vocabulary import CaseState, Decision, Gate, NoticeKind, Requester
from tasks.case.clock import is_paused, last_day_to_ask, today
from tasks.case.parts import PARTS, require_parts
from tasks.case.sealed import PACKAGE, sealed_text, subject_request
from tasks.gates.gates import Question
from tasks.notices.held_mails import give_place_back, is_proven, take_place
from tasks.notices.links import package_link
from tasks.notices.posting import BY_POST, WORDS, ask_for_posting, goes_by_post, send_by_post
from tasks.search.referrals import referrals_of
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step, until_done

_ASKS_FOR_PROOF: Final = frozenset({NoticeKind.IDENTITY_LINK, NoticeKind.IDENTITY_REQUEST})


def send_notice(  # noqa: PLR0913  # all of it is one notice
    case_id: str,
    kind: NoticeKind,
    content: Content,
    *,
    move: tuple[CaseState, str] | None = None,
    number: int = 0,
    to: str = "",
    confirmed: Confirmed | None = None,
) -> str:
    """Send a notice unless it was sent; returns how: ``smtp``, ``outbox`` or ``post``.

    Args:
        case_id: the case.
        kind: which notice.
        content: what it says.
        move: the state the case goes to when the notice has left, and why; see ``tasks.notices.posting``.
        number: tells notices of one kind apart, for a kind that may be sent several times.
        to: an e-mail address other than the request's; such a notice is never a letter.
        confirmed: of a notice that discloses, or tells what was done; it leaves when that is proven, and not before.

    Raises:
        ActRefused: when nothing of the kind was approved and done (law 14).
        SystemUnavailable: the mail server cannot be reached; trying again helps.
        DeliveryUncertain: the notice may have left; a person must find out.
        MailHeld: the address had too many mails today; a person has it sent.
    """
    provided = services()
    name = f"notice.{kind.value}" + (f".{number}" if number else "")
    acted = ACTED[confirmed.subject if confirmed else OF_PLAN]
    entry = provided.register.claim(case_id, name, confirmed=confirmed, states=acted)
    if entry.state == "done":
        via = str(entry.receipt["via"])
        return ask_for_posting(case_id, name) if via == BY_POST else via
    if entry.state == "handed_over" and settle_handed_over(case_id, name, move):
        return "smtp"
    by_post = not to and goes_by_post(provided.register.case(case_id), subject_request(case_id))
    notice = _notice(case_id, kind, content, is_mail=not by_post)
    rendered = provided.channel.render(notice)
    keep_words(case_id, name, rendered)
    if by_post:
        return send_by_post(case_id, name, notice, rendered, move)
    via = _deliver(case_id, kind, name, rendered, to=to or subject_request(case_id).reply_to)
    provided.register.complete(
        case_id,
        name,
        receipt={"via": via, PARTS: [f"{name}.{WORDS}"]},
        record=Record(name, "", {"via": via, "text": digest(rendered.text.encode()), "to": _whose(to)}),
        move=move,
    )
    return via


def was_told(case_id: str, kind: NoticeKind) -> str:
    """How a notice of that kind has left; empty while none has."""
    told = services().register.step(case_id, f"notice.{kind.value}")
    return str(told.receipt["via"]) if told is not None and told.state == "done" else ""


@step("acknowledge", watched=until_done("notice.acknowledgement"))
def acknowledge(case_id: str) -> str:
    """Tell the data subject that the request arrived, and until when the answer is due."""
    return send_notice(
        case_id, NoticeKind.ACKNOWLEDGEMENT, Content(), move=(CaseState.ACKNOWLEDGED, "acknowledgement sent")
    )


@step("tell refusal", watched=always)
def tell_refusal(case_id: str, reasons: Sequence[str], reason_name: str = "") -> str:
    """Tell reasons, complaint and judicial remedy (Art. 12(4))."""
    if via := was_told(case_id, NoticeKind.REFUSAL):
        return via  # what was sealed may be destroyed by now
    text = sealed_text(case_id, reason_name)
    return send_notice(
        case_id,
        NoticeKind.REFUSAL,
        Content(reasons=tuple(reasons), reason_text=text),
        move=(CaseState.SUBJECT_TOLD, "refusal sent"),
    )


@act("tell answer")
def tell_answer(case_id: str, rows: int, confirmed: Confirmed) -> str:
    """Tell that the answer to an access request is ready, also when nothing was found."""
    if is_done(case_id, "act") and not was_told(case_id, NoticeKind.ANSWER):
        require_parts(case_id, [PACKAGE])
    link, until = package_link(case_id)
    content = Content(
        found_rows=rows,
        by_hand=titles_by_hand(case_id),
        referrals=referrals_of(case_id),
        link=link,
        link_until=until,
    )
    move = (CaseState.SUBJECT_TOLD, "answer sent")
    return send_notice(case_id, NoticeKind.ANSWER, content, move=move, confirmed=confirmed)


@step("tell referral", watched=always)
def tell_referral(case_id: str) -> str:
    """Tell whose data were found, and how to reach who decides about them (charter P2)."""
    content = Content(referrals=referrals_of(case_id))
    return send_notice(case_id, NoticeKind.REFERRAL, content, move=(CaseState.SUBJECT_TOLD, "referral sent"))


def tell_erased(case_id: str, content: Content, confirmed: Confirmed) -> str:
    """Tell what was erased, and what was kept with its legal ground (Art. 12(3), 17(3))."""
    whole = replace(content, by_hand=titles_by_hand(case_id))
    move = (CaseState.SUBJECT_TOLD, "erasure told")
    return send_notice(case_id, NoticeKind.ERASURE_DONE, whole, move=move, confirmed=confirmed)


def uncertain_question(case_id: str) -> Question:
    """What a person is asked about the notice that may or may not have left.

    Raises:
        RequestInvalid: when no notice of the case is uncertain.
    """
    for (name, _), entry in services().register.steps(case_id).items():
        if name.startswith("notice.") and entry.state == "handed_over":
            return question_about(case_id, name)
    raise RequestInvalid("no notice is uncertain", where=case_id, remedy="run the case again")


def question_about(case_id: str, name: str) -> Question:
    """What a person is asked about one notice.

    A new question for each time it was handed over: what was answered once is not answered for ever.
    """
    again = sum(1 for step, _ in services().register.steps(case_id) if step == f"{name}.again")
    return Question(
        gate=Gate.UNCERTAIN_MAIL,
        subject=name,
        description=(
            f"**Case {case_id}: `{name}` may or may not have left.** The connection broke, or the process died, while "
            f"the mail server took it.\n\nLook for the message id of `{case_id}:{name}` in the mail server's log, then "
            "answer *sent* or *send_again*."
        ),
        facts={"notice": name, "sent_again": again},
        options=(Decision.SENT, Decision.SEND_AGAIN),
    )


def _found_out(case_id: str, name: str) -> GateEntry | None:
    """The decided gate about the last time it was handed over; None while nobody found out."""
    gate = services().register.gate(case_id, Gate.UNCERTAIN_MAIL, name)
    asked = digest(canonical(question_about(case_id, name).facts))
    return gate if gate is not None and gate.digest == asked and gate.outcome is not None else None


def settle_handed_over(case_id: str, name: str, move: tuple[CaseState, str] | None) -> bool:
    """Whether a notice that was handed over is known to have left; if a person said it did not, it is free again.

    Raises:
        DeliveryUncertain: while nobody found out.
    """
    gate = _found_out(case_id, name)
    if gate is None:
        raise DeliveryUncertain(
            f"{name} may or may not have left",
            where=case_id,
            remedy="look for its message id in the mail server's log, then answer the gate uncertain-mail",
        )
    people = {"decided_by": [answer.operator for answer in gate.answers]}
    if gate.outcome is Decision.SEND_AGAIN:
        record = Record(f"{name}.again", "", people)
        services().register.complete(case_id, f"{name}.again", gate.digest[:16], receipt={}, record=record)
        services().register.release(case_id, name)
        services().register.claim(case_id, name)
        return False
    facts, told = {"via": "smtp", **people}, {"via": "smtp", PARTS: [f"{name}.{WORDS}"]}
    services().register.complete(case_id, name, receipt=told, record=Record(name, "", facts), move=move)
    return True


def _whose(to: str) -> str:
    """Which address a notice went to, as evidence says it."""
    return "held address" if to else "request"


def _deliver(case_id: str, kind: NoticeKind, name: str, rendered: Rendered, *, to: str) -> str:
    take_place(case_id, kind, name, to)
    try:
        return services().channel.deliver(
            rendered,
            to=to,
            message_key=f"{case_id}:{name}",
            about_to_hand_over=lambda: services().register.hand_over(case_id, name),
        )
    except (SystemUnavailable, StepFailed):
        # The channel knows that nothing has left, even where the hand-over was noted already.
        services().register.release(case_id, name)
        give_place_back(case_id, kind, to)
        raise


def _notice(case_id: str, kind: NoticeKind, content: Content, *, is_mail: bool) -> Notice:
    provided = services()
    case, request = provided.register.case(case_id), subject_request(case_id)
    # The old address may be somebody else's by now: whoever reads it learns no name. Nor does a mail carry what was
    # typed into a name, by nobody knows whom; a letter needs one on its envelope, and a person reads it before.
    is_unnamed = kind is NoticeKind.CONTACT_CHANGE or (is_mail and not is_proven(case_id))
    names = ("", "") if is_unnamed else _names(request)
    if is_mail and kind is NoticeKind.REQUESTER_PROOF:
        names = (names[0], "")  # who acts is known by now, and not whether they may
    return Notice(
        kind=kind,
        language=case.language,
        case_id=case_id,
        right=case.right.value,
        received_on=case.received_at.astimezone(ZoneInfo(provided.organisation.time_zone)),
        response_due=content.response_due or ("" if is_paused(case) else case.response_due.isoformat()),
        recipient_name=names[0],
        requester=request.statement.requester.value,
        stands_still=kind in _ASKS_FOR_PROOF and today() <= last_day_to_ask(case),
        subject_name=names[1],
        country=request.postal_country,
        **{one.name: getattr(content, one.name) for one in fields(Content) if one.name != "response_due"},
    )


def _names(request: SubjectRequest) -> tuple[str, str]:
    """Who is written to; and the data subject, where that is somebody else."""
    statement = request.statement
    subject = "" if statement.requester is Requester.SUBJECT else request.name
    return statement.requester_name or request.name, subject


def keep_words(case_id: str, name: str, rendered: Rendered) -> None:
    """Seal what was told: it belongs to the case."""
    for ending, words in ((WORDS, rendered.text), ("html", rendered.html)):
        with services().vault.write(case_id, f"{name}.{ending}") as blob:
            blob.write(words.encode())


def titles_by_hand(case_id: str) -> tuple[str, ...]:
    """Systems that a person handled, named in the language of the case."""
    provided = services()
    language = provided.register.case(case_id).language
    systems: Mapping[str, object] = {
        gate.subject: None
        for gate in provided.register.gates(case_id, kind=Gate.OUTAGE)
        if gate.outcome is Decision.BY_HAND
    }
    contracts = {name: provided.contracts.systems.get(name) for name in systems}
    return tuple(
        (in_language(contract.labels, language) or contract.title) if contract else name.replace("_", " ")
        for name, contract in contracts.items()
    )
