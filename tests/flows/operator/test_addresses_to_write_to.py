"""Addresses at the doors: what is taken can be written to, what cannot is refused before there is a case."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data_contracts.errors import RequestInvalid
from data_contracts.text.mail_address import deliverable
from data_contracts.told.notices import Rendered
from data_contracts.vocabulary import Channel, Right
from integrations.channels.post.message import Envelope, compose, parse_address
from tests.flows.company import NOW, House

_NONE = [
    "a@", "@b.org", "a", "a, b@c.org", "a@b.org, c@d.org", "a\nBcc: m@b.org", "a@b.org\r\nBcc: m@b.org", '"a b"@c.org',
    "a@[192.0.2.1]", "Ana <a@b.org>", "a@b..org", "a@-b.org", "(x)a@b.org", "a;b@c.org", f"{'x' * 65}@b.org",
    f"a@{'b' * 64}.org", "a@b.org\0", "a b@c.org", "a@b c.org",
]  # fmt: skip


@pytest.mark.parametrize("address", _NONE, ids=repr)
def test_what_cannot_be_written_to_is_refused_at_the_door(house: House, address: str) -> None:
    """As an identity and as the address for replies; no case, no receipt, nothing that fails for ever."""
    for typed in ({"identity": {"email": [address]}}, {"reply_to": address}):
        with pytest.raises(RequestInvalid):
            house.open(Right.ACCESS, channel=Channel.FORM, **typed)
    assert house.installation.register.cases() == []


@pytest.mark.parametrize("address", ["a..b@docomo.example", "é@exämple.org", "o'neil+news@b.org", " ana@b.org "])
def test_what_providers_give_out_is_taken(house: House, address: str) -> None:
    """The acknowledgement leaves."""
    case_id = house.open(Right.ACCESS, identity={"email": [address]})
    house.run(case_id)

    assert len(house.mails()) == 1


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=20).map(lambda text: f"{text}@example.org") | st.emails() | st.text(max_size=30))
@example("a\x85b@c.org")
@example("a\u2028b@c.org")
def test_every_address_that_is_taken_makes_a_mail(address: str) -> None:
    """Whatever the door takes, a mail can be composed to it, with one recipient and no header more."""
    if deliverable(address) is None:
        return
    to = parse_address(address)
    envelope = Envelope(parse_address("shop@example.org"), "Shop", to, None, "k")

    raw = compose(Rendered("Subject", "text", "<p>text</p>"), envelope, at=NOW)

    head = raw.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
    assert sum(line.lower().startswith(("to:", "cc:", "bcc:")) for line in head.splitlines()) == 1
