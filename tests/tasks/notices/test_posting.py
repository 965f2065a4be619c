"""Charter 5.2, 8a: a letter is answered by a letter, which a person posts."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from data_contracts.errors import AnswerRefused, StepFailed
from data_contracts.told.notices import Content
from data_contracts.vocabulary import Channel, Decision, Gate, NoticeKind, Right
from tasks.life.archive import archive_evidence
from tasks.notices.notify_subject import acknowledge, send_notice
from tasks.notices.posting import awaits_posting, settle_posting, unposted
from tasks.services import services, use
from tests.flows.company import House

HOME = ("12 rue des Lilas", "59000 Lille")


def the_letter(case_id: str, name: str = "notice.acknowledgement") -> str:
    """What the sealed letter says."""
    with services().vault.read(case_id, f"{name}.pdf") as blob:
        reader = PdfReader(BytesIO(blob.read()))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.parametrize(
    ("typed", "via"),
    [
        ({"channel": Channel.LETTER, "postal_address": HOME}, "post"),
        ({"channel": Channel.LETTER}, "outbox"),
        ({"channel": Channel.LETTER, "identity": {"customer_no": ["TX00000001"]}}, "post"),
        ({"channel": Channel.EMAIL, "postal_address": HOME}, "outbox"),
        ({"channel": Channel.PHONE, "postal_address": HOME, "identity": {"customer_no": ["TX00000001"]}}, "post"),
    ],
    ids=[
        "letter with address",
        "letter with e-mail",
        "letter with neither",
        "e-mail with address",
        "call with address",
    ],
)
def test_letter_is_answered_by_a_letter(house: House, typed: dict[str, Any], via: str) -> None:
    """By post goes who wrote a letter and gave an address, and who cannot be mailed; the others are mailed."""
    case_id = house.open(Right.ACCESS, **typed)

    assert acknowledge(case_id) == via
    assert len(house.mails()) == (via == "outbox")
    assert len(unposted(case_id)) == (via == "post")


def test_letter_is_sealed_with_its_address(house: House) -> None:
    """The vault holds the letter beside the words, addressed as the request says."""
    case_id = house.open(Right.ACCESS, postal_address=HOME, postal_country="BE")

    acknowledge(case_id)

    assert {f"notice.acknowledgement.{form}" for form in ("txt", "html", "pdf")} <= set(services().vault.names(case_id))
    for said in (house.company.subject.name, *HOME, "APD-GBA", case_id):
        assert said in the_letter(case_id)


def test_acknowledgement_moves_the_case_on_at_once(house: House) -> None:
    """A letter that changes nothing for anybody is not waited for."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)

    acknowledge(case_id)

    assert house.states(case_id) == ["received", "acknowledged"]
    assert not awaits_posting(case_id)


def test_same_gate_however_often_the_step_runs(house: House) -> None:
    """Done again, on another day: one letter, one gate, the day of the first."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    acknowledge(case_id)
    first, letter = house.gate(case_id, Gate.POSTING, "notice.acknowledgement"), the_letter(case_id)

    house.clock.advance(timedelta(days=3))
    acknowledge(case_id)

    assert unposted(case_id) == [first]
    assert the_letter(case_id) == letter


def test_gate_is_opened_when_the_process_died_before(house: House) -> None:
    """Killed between the receipt and the gate: the next run asks for the posting."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    register = services().register

    class Dies:
        """A register that is gone when a gate is to be opened."""

        def __getattr__(self, name: str) -> Any:
            if name == "open_gate":
                raise SystemExit
            return getattr(register, name)

    with use(replace(services(), register=Dies())), pytest.raises(SystemExit):
        acknowledge(case_id)
    acknowledge(case_id)

    assert [gate.subject for gate in unposted(case_id)] == ["notice.acknowledgement"]


def test_posting_needs_its_reference(house: House) -> None:
    """Who says that a letter was posted says under which reference."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    acknowledge(case_id)

    with pytest.raises(AnswerRefused, match="reference"):
        house.answer(unposted(case_id)[0], Decision.SENT)

    assert len(unposted(case_id)) == 1


def test_nothing_is_settled_before_it_was_posted(house: House) -> None:
    """A letter that waits on somebody's desk has told nobody anything."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    send_notice(case_id, NoticeKind.REFUSAL, Content(reasons=("excessive",)))

    assert settle_posting(case_id) == []
    house.answer(unposted(case_id)[0], Decision.SENT, reference="RAR-1")
    assert settle_posting(case_id) == ["notice.refusal"]
    assert not awaits_posting(case_id)


def test_case_with_an_unposted_letter_is_not_closed(house: House) -> None:
    """Closing destroys what is sealed, so it waits for the letter."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    acknowledge(case_id)

    with pytest.raises(StepFailed, match="not posted"):
        archive_evidence(case_id, "refused")

    assert services().vault.has(case_id, "notice.acknowledgement.pdf")
