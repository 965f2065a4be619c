"""Attacks on the public door; docs/prove/threats.md names the threat that each stands for. Every one must fail."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.vocabulary import Channel, Right
from flows.doors.public import public_site
from flows.doors.site import PublicDoor
from integrations.intake.site.forms import read_form
from tasks.intake.public_status import make_status_code
from tests.browser import Browser, browsing
from tests.flows.company import House, Recording

_ANA = {"name": "Ana Example", "identity_email": "ana@example.org"}
_SECRET = re.compile(r'value="[^"]+"|C-\w{4}-\w{4}|(?:\w{4}-){3}\w{4}')


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """A stranger's browser."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def test_receipts_are_alike_for_known_and_unknown_people(house: House) -> None:
    """Byte for byte, but for the random parts: no page of a visit says whether somebody is a customer."""
    pages = []
    for email in (house.company.subject.email, "nobody@example.org"):
        with browsing(public_site(house.installation)) as visitor:
            pages.append(visitor.send("/request/access", name="Ana", identity_email=email))
    known, unknown = pages

    assert _SECRET.sub("*", known.text) == _SECRET.sub("*", unknown.text)
    assert known.status_code == unknown.status_code


def test_no_system_is_looked_at_while_somebody_waits(visitor: Browser, systems: Recording) -> None:
    """How long a page takes cannot depend on who is known, because nobody looks: what is counted is the work."""
    for right in ("access", "objection", "erasure"):
        visitor.send(f"/request/{right}", direct_marketing="yes", **_ANA)

    assert systems.asked == []


def test_codes_of_cases_cannot_be_tried_one_after_another(visitor: Browser, house: House) -> None:
    """After some tries the address is told to wait, and the right code opens nothing there either."""
    case = house.open(Right.ACCESS)

    answers = [visitor.send("/status", case=case, code="AAAA-AAAA-AAAA-AAAA").status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]
    assert visitor.send("/status", case=case, code=make_status_code(case)).status_code == 429


def test_one_address_cannot_try_the_codes_of_many_cases(visitor: Browser) -> None:
    """Whichever cases they are of, failures are counted together as well."""
    answers = [visitor.send("/status", case=f"C-{n}", code="AAAA-AAAA-AAAA-AAAA").status_code for n in range(61)]

    assert (set(answers[:60]), answers[60]) == ({422}, 429)


def test_wrong_codes_do_not_shut_the_holder_out(visitor: Browser, house: House) -> None:
    """Whoever has the receipt opens the case from elsewhere, however often somebody tried."""
    case = house.open(Right.ACCESS)
    for _ in range(25):
        visitor.send("/status", case=case, code="AAAA-AAAA-AAAA-AAAA")

    with browsing(public_site(house.installation), client="198.51.100.9") as holder:
        answer = holder.send("/status", case=case, code=make_status_code(case))

    assert answer.status_code == 200
    assert "Your request arrived" in answer.text


def test_right_codes_are_not_counted(visitor: Browser, house: House) -> None:
    """Somebody who looks each hour, or an office that looks for many, is not told to wait."""
    case = house.open(Right.ACCESS)

    answers = [visitor.send("/status", case=case, code=make_status_code(case)).status_code for _ in range(12)]

    assert set(answers) == {200}


def test_no_more_codes_are_compared_at_once_than_one_after_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try is counted before it is compared."""
    compared: list[str] = []
    monkeypatch.setattr(PublicDoor, "status", lambda _self, _case, code: compared.append(code))
    app = public_site(house.installation)

    async def all_at_once() -> list[int]:
        transport = httpx.ASGITransport(app, client=("203.0.113.7", 4))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            page = (await client.get("/status")).text
            token = re.findall(r'name="token" value="([^"]+)"', page)[0]
            sent = [{"token": token, "case": "C-1", "code": f"{n}"} for n in range(29)]
            answers = await asyncio.gather(*(client.post("/status", data=one) for one in sent))
        return [answer.status_code for answer in answers]

    answers = asyncio.run(all_at_once())

    assert len(compared) == answers.count(422) == 10


def test_one_ipv6_household_is_one_caller(house: House) -> None:
    """Somebody who has a /64 has no more tries than somebody who has one address; the next /64 has its own."""
    answers = []
    for host in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:3::1"):
        with browsing(public_site(house.installation), client=host) as visitor:
            answers.append([visitor.send("/status", case="C-1", code="x").status_code for _ in range(6)])

    assert answers[0] == [422] * 6
    assert answers[1] == [422] * 4 + [429] * 2
    assert answers[2] == [422] * 6


def test_limits_outlive_a_restart(house: House) -> None:
    """Crashing the site does not give an attacker new tries."""
    answers: list[int] = []
    for _ in range(2):
        with browsing(public_site(house.installation)) as visitor:
            answers += [visitor.send("/status", case="C-1", code="x").status_code for _ in range(11)]

    assert answers[-1] == 429


def test_another_address_has_its_own_tries(house: House) -> None:
    """One that floods us does not shut out the others."""
    with browsing(public_site(house.installation)) as flood:
        for _ in range(25):
            flood.send("/status", case="C-1", code="x")
    with browsing(public_site(house.installation), client="198.51.100.9") as other:
        assert other.send("/status", case="C-2", code="x").status_code == 422


def test_receipt_of_another_case_is_not_shown(visitor: Browser, house: House) -> None:
    """Somebody who changes the case's name in the address is asked for its code."""
    other = house.open(Right.ACCESS)
    visitor.send("/request/access", **_ANA)

    assert other not in visitor.get(f"/receipt/{other}").text


def test_forged_cookie_is_a_new_visit(visitor: Browser, house: House) -> None:
    """A cookie that is not signed by us says nothing."""
    case = house.open(Right.ACCESS)
    visitor.cookies.set("rf_visit", f'["x",{{"case":"{case}"}}].forged', domain="localhost.local")

    assert case not in visitor.get("/case").text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../app.py",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/words/en.yaml",
        "/receipt/..%2f..%2fetc",
        "/link/../..",
    ],
)
def test_no_path_leads_out_of_its_folder(visitor: Browser, path: str) -> None:
    """Nothing but style sheets is served from a folder."""
    answer = visitor.get(path)

    assert "import" not in answer.text
    assert answer.status_code in {200, 404}


def test_body_that_is_too_large_is_read_no_further(visitor: Browser, house: House) -> None:
    """Announced or not."""
    announced = visitor.post("/request/access", details="x" * 2_000_000)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    unannounced = visitor.call("POST", "/request/access", content=iter_of(b"x" * 65_536, 40), headers=kind)

    assert {announced.status_code, unannounced.status_code} == {413}
    assert house.installation.register.cases() == []


def iter_of(chunk: bytes, times: int) -> Any:
    """A body that does not say how long it is."""

    async def chunks() -> Any:
        for _ in range(times):
            yield chunk

    return chunks()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"a=1&" * 500, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
    ids=["no text", "broken parts", "no boundary", "many fields", "another kind"],
)
def test_malformed_form_is_refused_politely(visitor: Browser, content: bytes, kind: str) -> None:
    """Never a fault of ours."""
    answer = visitor.call("POST", "/request/access", content=content, headers={"Content-Type": kind})

    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("name", ["{{ 7*7 }}", "{% for x in ().__class__ %}", '#import "x"', "<b>Ana</b>"])
def test_name_is_never_a_command(house: House, visitor: Browser, name: str) -> None:
    """What somebody calls themselves is greeted, not carried out (template injection)."""
    case_id = house.open(Right.ACCESS, name=name, channel=Channel.FORM)
    house.run(case_id)
    page = visitor.send("/request/access", name=name).text

    assert "49" not in " ".join(house.mails())
    assert "<b>Ana</b>" not in page


@pytest.mark.parametrize("name", ["Ana\r\nBcc: all@example.org", "Ana\nX: y", "Ana\0"])
def test_name_cannot_add_headers_to_a_mail(house: House, visitor: Browser, name: str) -> None:
    """A line break in a name is refused at the form."""
    answer = visitor.send("/request/access", identity_email="ana@example.org", name=name)

    assert answer.status_code == 422
    assert house.installation.register.cases() == []


def test_other_site_cannot_send_our_forms(visitor: Browser, house: House) -> None:
    """A browser that says so is believed, whatever token it brings (Fetch Metadata)."""
    page = visitor.get("/request/access").text
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]

    answer = visitor.call(
        "POST", "/request/access", data={"token": token, **_ANA}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert house.installation.register.cases() == []


def test_withdrawing_needs_the_receipt_and_an_unproven_case(visitor: Browser, house: House) -> None:
    """A stranger who knows a case's name stops nothing."""
    case_id = house.open(Right.ACCESS)

    visitor.send("/status", "/case/withdraw", case=case_id)

    assert "withdrawn" not in house.states(case_id)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=st.dictionaries(st.text(max_size=30), st.one_of(st.text(max_size=300), st.binary(max_size=5)), max_size=30)
)
def test_form_reader_takes_anything(fields: dict[str, object]) -> None:
    """Whatever comes, it is read into fields and faults."""
    for right in Right:
        typed = read_form(fields, right, {"email": {}})

        assert all(isinstance(value, str) for value in typed.fields.values())
