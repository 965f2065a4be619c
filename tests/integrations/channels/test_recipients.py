"""Art. 19: what a recipient is told by mail and by API, and what an answer means."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.company.company import Organisation
from data_contracts.errors import RightsflowError, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.told.recipients import RecipientMessage
from integrations.channels.post.mail import MailChannel
from integrations.channels.post.recipient_words import put_recipient_message
from integrations.channels.recipients.api import Endpoint, HttpRecipients
from integrations.channels.templating import LANGUAGES
from tests.integrations.channels.conftest import StartServer
from tests.integrations.channels.post.test_mail import parsed
from tests.loopback import Answering, listening

_SECRET = "s"
_CHANGES = (("user.contact.email", "ann@new.example"), ("crm.customer.city", ""))


def a_message(**facts: Any) -> RecipientMessage:
    """An order to erase, to a processor."""
    said = {"reference": "RF-1", "party": "printer", "name": "Printer", "language": "en", "right": "erasure"}
    known = {"identity": {"email": ("ann@x.example",)}}
    return RecipientMessage(**{**said, "asked": "erase", "is_order": True, **known, **facts})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_order", [True, False])
@pytest.mark.parametrize(
    ("right", "asked"),
    [
        ("erasure", "erase"),
        ("restriction", "restrict"),
        ("restriction", "lift"),
        ("objection", "stop"),
        ("rectification", "rectify"),
    ],
)
def test_message_says_who_is_meant(
    organisation: Organisation, *, language: str, is_order: bool, right: str, asked: str
) -> None:
    """In each language, our reference and the keys stand in both forms."""
    message = a_message(language=language, is_order=is_order, right=right, asked=asked, changes=_CHANGES)

    rendered = put_recipient_message(message, organisation)

    assert "RF-1" in rendered.subject
    assert all("ann@x.example" in form for form in (rendered.text, rendered.html))
    assert ("ann@new.example" in rendered.text) is (asked == "rectify")


@pytest.mark.parametrize("language", LANGUAGES)
def test_reminder_and_escalation_name_nobody(organisation: Organisation, language: str) -> None:
    """They say of which message, of which day."""
    told = [
        put_recipient_message(
            a_message(language=language, asked="acknowledge", sent_on="2026-03-02", identity={}, is_escalation=is_it),
            organisation,
        )
        for is_it in (False, True)
    ]

    assert all("2026" in one.text and "RF-1" in one.text for one in told)
    assert "rightsflow acknowledge RF-1 printer" in " ".join(told[1].text.split())


def test_mail_arrives(
    start_server: StartServer, channel_to: Callable[..., MailChannel], organisation: Organisation
) -> None:
    """Through a real mail server."""
    server = start_server()
    channel = channel_to(server)

    channel.deliver(
        channel.render_recipient(a_message()),
        to="dpo@printer.example",
        message_key="k",
        about_to_hand_over=lambda: None,
    )

    mail = parsed(server.envelopes[0].content)
    assert (mail["to"], mail["from"].addresses[0].display_name) == ("dpo@printer.example", organisation.name)


@pytest.fixture
def interface() -> Iterator[Callable[[int, bytes], str]]:
    """A server on this machine; called with what it shall answer, it gives its address."""
    answer: list[tuple[int, bytes]] = []

    class Handler(Answering):
        def answer(self) -> None:
            self.body()
            self.say(*answer[0])

    def answering(status: int, body: bytes = b"") -> str:
        answer[:] = [(status, body)]
        return f"{address}/"

    with listening(Handler) as address:
        yield answering


def _tell(url: str, *, secret: str = _SECRET, address: str = "a.name", outbox: Path | None = None) -> tuple[str, str]:
    return HttpRecipients({"printer": Endpoint(url, secret)}, outbox=outbox).tell(a_message(), address=address, key="k")


@pytest.mark.parametrize(
    ("status", "body", "reference"),
    [
        (200, b'{"reference": "P-1"}', "P-1"),
        (200, b'{"reference": "ann@x.example"}', ""),
        (200, b'{"reference": 1}', ""),
        (200, b"[]", ""),
        (202, b"taken", ""),
    ],
)
def test_only_a_reference_acknowledges(interface: Callable[..., str], status: int, body: bytes, reference: str) -> None:
    """Anything else in an answer is not ours to keep."""
    assert _tell(interface(status, body)) == ("api", reference)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, SystemUnavailable), (503, SystemUnavailable), (404, StepFailed), (302, StepFailed)]
)
def test_later_and_never_are_told_apart(
    interface: Callable[..., str], status: int, kind: type[RightsflowError]
) -> None:
    """Trying again helps after 429 and 5xx alone; nobody is followed elsewhere, and no answer is quoted."""
    with pytest.raises(kind) as caught:
        _tell(interface(status, b"ann@x.example"))

    assert "ann" not in str(caught.value)


def test_nobody_there_is_an_outage() -> None:
    """A closed port may be open later."""
    with pytest.raises(SystemUnavailable):
        _tell("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("url", "secret", "said"),
    [
        ("", "s", "set RIGHTSFLOW_RECIPIENT_PRINTER_URL"),
        ("https://printer.example/", "", "set RIGHTSFLOW_RECIPIENT_PRINTER_SECRET"),
        ("http://printer.example/", "s", "https"),
    ],
)
def test_nothing_leaves_unsigned_or_unencrypted(url: str, secret: str, said: str) -> None:
    """What is not configured is told with the variable that is missing."""
    with pytest.raises(SettingsInvalid, match=said):
        _tell(url, secret=secret)


def test_contract_may_name_the_address(interface: Callable[..., str]) -> None:
    """``to`` serves where it is a URL and no setting says otherwise."""
    assert _tell("", address=interface(200)) == ("api", "")


def test_demo_writes_one_file(tmp_path: Path) -> None:
    """Where no interface is real, the message is a file, written once."""
    assert [_tell("", outbox=tmp_path), _tell("", outbox=tmp_path)] == [("outbox", "")] * 2
    assert [file.name for file in tmp_path.iterdir()] == ["k.json"]
