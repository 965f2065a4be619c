"""Register a request: a case in the register first, then what the subject wrote, sealed (charter P3).

Safe to call again with the same ``request_key``: the same case comes back, and what was not yet sealed is sealed; once
the receipt was acknowledged it had been, and nothing is sealed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from data_contracts.case.case import Case, NewCase
from data_contracts.case.legible import check, check_statement, is_key, is_letter, is_line
from data_contracts.case.outgoing import OutgoingKind
from data_contracts.case.request import Statement, SubjectRequest
from data_contracts.company.company import Vocabulary
from data_contracts.errors import RequestInvalid
from data_contracts.text.mail_address import deliverable
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import CaseState, Channel, Requester, Right
from tasks.case.clock import place
from tasks.case.sealed import REQUEST, write_json
from tasks.rules.act.rectification import check_rectification, says_nothing
from tasks.rules.clock.deadlines import response_due
from tasks.services import services

_LONGEST_DETAILS = 100_000
_ADDRESS_LINES = 5
_LONGEST_LINE = 60
_TOO_OLD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TypedRequest:
    """A request as somebody typed it, not yet checked."""

    right: Right
    channel: Channel
    language: str
    received_at: datetime
    request_key: str
    identity: Mapping[str, list[str]] = field(repr=False)
    name: str = field(default="", repr=False)
    reply_to: str = field(default="", repr=False)
    postal_address: Sequence[str] = field(default=(), repr=False)
    postal_country: str = ""
    details: str = field(default="", repr=False)
    statement: Statement = field(default_factory=Statement, repr=False)


_AT_A_PAGE = frozenset({Channel.FORM, Channel.API})


def register_request(typed: TypedRequest) -> Case:
    """The case of a request, durable and sealed when this returns.

    Raises:
        RequestInvalid: when no identity key is given, one is of an unknown kind or cannot be one, a field holds what no
            text can (:mod:`data_contracts.case.legible`), or the date of receipt lies in the future; or when a
            rectification has neither text nor terms, or terms that cannot be carried out. Nothing is registered then.
    """
    provided = services()
    _check(typed, provided.contracts.vocabulary, provided.now())
    if typed.right is Right.RECTIFICATION and not _is_letter_alone(typed):
        check_rectification(typed.statement, provided.contracts)
    provided.seal_secret(b"", "")  # keys that are away stop us before there is a case whose words nobody can seal
    case = provided.register.open_case(
        NewCase(
            right=typed.right,
            channel=typed.channel,
            language=_language(typed.language, provided.organisation.languages),
            received_at=typed.received_at,
            response_due=response_due(typed.received_at, place=place()).response_due,
            request_key=typed.request_key,
        )
    )
    if case.state is CaseState.RECEIVED and not provided.vault.has(case.case_id, REQUEST):
        write_json(case.case_id, REQUEST, _sealed_form(typed).model_dump())
    if case.right is Right.OBJECTION and case.state is CaseState.RECEIVED:
        # Art. 21(3): marketing ends on receipt, also while no flow can run. The flow does it again, to no effect.
        if case.channel in _AT_A_PAGE:
            # Systems are not looked at while somebody waits for a receipt, nor may its time tell who is known.
            provided.register.put_outgoing(case.case_id, OutgoingKind.SUPPRESS, "direct marketing")
            return case
        from tasks.act.objection import suppress_at_once  # noqa: PLC0415  # half a second that other rights save

        suppress_at_once(case.case_id)
    return case


def receipt_moment(day: str, now: datetime, time_zone: str) -> datetime:
    """The moment of receipt for a date typed by a person; empty means now.

    A letter has a day, not an hour: noon of that day in the organisation's zone, so the day is the same everywhere.

    Raises:
        RequestInvalid: when ``day`` is not an ISO date.
    """
    if not day.strip():
        return now
    try:
        parsed = datetime.strptime(day.strip(), "%Y-%m-%d")  # noqa: DTZ007  # the zone follows in the next line
    except ValueError:
        raise RequestInvalid(
            "the date of receipt is not a date", where="received", remedy="write it as YYYY-MM-DD"
        ) from None
    zone = ZoneInfo(time_zone)
    noon = parsed.replace(hour=12, tzinfo=zone).astimezone(UTC)
    is_today = parsed.date() == now.astimezone(zone).date()
    return min(noon, now) if is_today else noon


def _check_legible(typed: TypedRequest) -> None:
    """Every door ends here, so that a value that cannot be is sealed, searched and told nowhere."""
    check("request_key", is_line, typed.request_key)
    check("name", is_line, typed.name)
    check("reply_to", is_line, typed.reply_to)
    check("address", is_line, *typed.postal_address)
    check("country", is_line, typed.postal_country)
    check("details", is_letter, typed.details)
    check_statement(typed.statement)


def _check(typed: TypedRequest, vocabulary: Vocabulary, now: datetime) -> None:
    _check_legible(typed)
    if not any(values for values in typed.identity.values()):
        raise RequestInvalid(
            "a request needs at least one identity key", where="identity", remedy="give an e-mail or a customer number"
        )
    for kind, values in typed.identity.items():
        entry = vocabulary.identities.get(kind)
        if entry is None or not entry.intake:
            known = ", ".join(sorted(k for k, v in vocabulary.identities.items() if v.intake))
            raise RequestInvalid("no such identity kind", where="identity", remedy=f"use one of: {known}")
        check(f"identity.{kind}", is_key, *values)
        # Whoever types an address can be written to at it; a case that nobody can be told of would wait for ever.
        is_mail = entry.normalise == "email"
        if not all(
            normal_form(entry.normalise, value, vocabulary.company.country) and (not is_mail or deliverable(value))
            for value in values
        ):
            raise RequestInvalid(
                f"a value given for {kind} cannot be one", where="identity", remedy=f"check how the {kind} is written"
            )
    _check_names(typed)
    if typed.reply_to and deliverable(typed.reply_to) is None:
        raise RequestInvalid("the address for replies is no e-mail address", where="reply_to", remedy="correct it")
    _check_purposes(typed.statement, vocabulary)
    _check_address(typed.postal_address)
    if len(typed.details) > _LONGEST_DETAILS:
        raise RequestInvalid(
            "the details are too long", where="details", remedy=f"shorten them to {_LONGEST_DETAILS} characters"
        )
    if not now - _TOO_OLD <= typed.received_at <= now:
        raise RequestInvalid(
            "the date of receipt lies in the future or more than a year back",
            where="received",
            remedy="give the day the request arrived, as YYYY-MM-DD",
        )


def _is_letter_alone(typed: TypedRequest) -> bool:
    """Charter P3: a letter is registered whatever it says; a person puts it into terms afterwards."""
    return says_nothing(typed.statement) and bool(typed.details.strip())


def _check_names(typed: TypedRequest) -> None:
    said = typed.statement
    if said.requester is not Requester.SUBJECT and not said.requester_name.strip():
        raise RequestInvalid(
            "who acts for the data subject is not named", where="requester_name", remedy="give the name to write to"
        )


def _check_purposes(statement: Statement, vocabulary: Vocabulary) -> None:
    """Who objects to a purpose that nobody knows must not be told that it was stopped."""
    if not set(statement.purposes) <= set(vocabulary.purposes):
        known = ", ".join(sorted(vocabulary.purposes))
        raise RequestInvalid("no such purpose", where="purposes", remedy=f"use one of: {known}")


def _check_address(lines: Sequence[str]) -> None:
    """An address fits the window of an envelope (six lines with the name, NF Z 10-011)."""
    is_long = any(len(line) > _LONGEST_LINE for line in lines)
    if is_long or sum(1 for line in lines if line.strip()) > _ADDRESS_LINES:
        raise RequestInvalid(
            "the postal address does not fit on an envelope",
            where="address",
            remedy=f"write at most {_ADDRESS_LINES} lines of {_LONGEST_LINE} characters",
        )


def _sealed_form(typed: TypedRequest) -> SubjectRequest:
    # The address that leads to the data subject is theirs; whoever else acts is written to at an address of their own,
    # else by post.
    emails = typed.identity.get("email", []) if typed.statement.requester is Requester.SUBJECT else []
    return SubjectRequest(
        identity={kind: list(values) for kind, values in typed.identity.items() if values},
        name=typed.name.strip(),
        reply_to=typed.reply_to.strip() or next(iter(emails), "").strip(),
        postal_address=[line.strip() for line in typed.postal_address if line.strip()],
        postal_country=typed.postal_country,
        details=typed.details,
        statement=typed.statement,
    )


def _language(wanted: str, offered: list[str]) -> str:
    return wanted if wanted in offered else offered[0]
