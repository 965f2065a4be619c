"""Controls of the doors that one changed line could break: each is looked at by itself."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import OperatorRole, Right
from flows.doors.desk import OperatorsDoor
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from integrations.intake.web.cookies import CookieSeal
from integrations.intake.web.uploads import DocumentRefused, read_document
from tasks.gates.operators import password_digest
from tasks.identity.documents import keep_record
from tasks.intake.public_status import is_status_code, make_status_code, public_status
from tests.browser import Browser, browsing
from tests.flows.company import House

_PASSWORD = "quiet-otters-42"


def picture(width: int, height: int) -> bytes:
    """A picture of one colour: few bytes, many pixels."""
    drawn = io.BytesIO()
    Image.new("1", (width, height)).save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture
def desk(house: House) -> Iterator[Browser]:
    """A browser at the desk, nobody signed in; the DPO and an admin have passwords."""
    house.hire("root", OperatorRole.ADMIN)
    for name in ("claire", "root"):
        known = house.installation.register.operator(name)
        assert known is not None
        house.installation.register.put_operator(replace(known, password=password_digest(name, _PASSWORD)))
    with browsing(operators_desk(house.installation)) as browser:
        yield browser


def sign_in(desk: Browser, house: House, name: str = "claire") -> str:
    """The page after signing in."""
    return desk.send("/sign-in", name=name, password=_PASSWORD, code=house.code(name)).text


def test_every_sign_of_a_code_is_compared(house: House) -> None:
    """A code that differs in one sign, wherever it stands, opens nothing; nor does a part of it, nor more."""
    case = house.open(Right.ACCESS)
    code = make_status_code(case).replace("-", "")

    wrong = [code[:at] + ("A" if sign != "A" else "B") + code[at + 1 :] for at, sign in enumerate(code)]
    wrong += [code[:4], code[:-1], f"{code}A", ""]

    assert len(code) == 16
    assert [one for one in wrong if is_status_code(case, one) or public_status(case, one)] == []
    assert is_status_code(case, code.lower())


def test_form_token_of_another_visitor_is_refused(house: House) -> None:
    """Whoever has a token of their own visit cannot have another's browser send it (CSRF)."""
    app = public_site(house.installation)
    with browsing(app) as attacker, browsing(app) as victim:
        victim.get("/status")
        token = attacker.hidden("/status")["token"]

        assert victim.post("/status", token=token, case="C-1", code="x").status_code == 403


def test_pages_can_be_framed_by_nobody(house: House) -> None:
    """The whole policy: no frame, no form to elsewhere, no base, no script."""
    with browsing(public_site(house.installation)) as visitor, browsing(operators_desk(house.installation)) as desk:
        policies = [page.headers["Content-Security-Policy"] for page in (visitor.get("/"), desk.get("/sign-in"))]

    for policy in policies:
        said = {part.strip() for part in policy.split(";")}
        wanted = {"frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'", "default-src 'none'"}
        assert wanted <= said
        assert not any(part.startswith("script-src") for part in said)


def test_cookies_are_secure_where_the_site_is_https(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """And browsers are told to use nothing else."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "https://privacy.example")
    site = public_site_of("https://privacy.example", house)
    with browsing(site) as visitor:
        answer = visitor.get("/")

    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].startswith("__Host-")
    assert "Strict-Transport-Security" in answer.headers


def public_site_of(address: str, house: House) -> object:
    """The site of an installation whose public address is known."""
    vars(house.installation)["services"] = replace(house.installation.services, site_url=address)
    return public_site(house.installation)


def test_cookie_from_before_the_sign_in_is_worth_nothing_after_it(desk: Browser, house: House) -> None:
    """Whoever planted it, or its form token, has no part in the session (session fixation)."""
    token = desk.hidden("/sign-in")["token"]
    planted = dict(desk.cookies)
    seal = CookieSeal(house.installation.services.door_key(), name="rf_desk", is_https=False)

    sign_in(desk, house)

    before, after = seal.read(planted["rf_desk"]), seal.read(desk.cookies["rf_desk"])
    assert before.name != after.name
    assert desk.post("/sign-out", token=token).status_code == 403
    with browsing(operators_desk(house.installation)) as attacker:
        attacker.cookies.update(planted)
        assert "Sign in" in attacker.get("/").text


@pytest.mark.parametrize(
    ("age", "is_in"), [(timedelta(hours=7, minutes=59), True), (timedelta(hours=8, minutes=1), False)]
)
def test_session_ends_after_eight_hours(desk: Browser, house: House, age: timedelta, *, is_in: bool) -> None:
    """However busy it was."""
    sign_in(desk, house)
    seal = CookieSeal(house.installation.services.door_key(), name="rf_desk", is_https=False)
    visit = seal.read(desk.cookies["rf_desk"])
    since = datetime.now(UTC) - age
    desk.cookies.clear()
    desk.cookies.set("rf_desk", seal.sealed(visit.with_facts(since=since.isoformat())), domain="localhost.local")

    assert ("Sign in" not in desk.get("/").text) is is_in


@pytest.mark.parametrize("page", ["letter", "values", "record", "advice", "proofs/proof.identity.1"])
def test_nothing_sealed_is_seen_without_the_role(desk: Browser, house: House, page: str) -> None:
    """An admin who answers no gate sees neither scan nor proof, letter, values or advice; nor is a look noted."""
    case_id = house.open(Right.ACCESS, details="Secretly")
    keep_record(case_id, read_document(picture(40, 30)), by="zoe")
    with house.installation.services.vault.write(case_id, "proof.identity.1") as blob:
        blob.write(picture(40, 30))
    sign_in(desk, house, "root")

    answer = desk.get(f"/cases/{case_id}/{page}")

    assert answer.status_code in {403, 404, 422}
    assert "image" not in answer.headers["content-type"]
    assert "Secretly" not in answer.text
    assert not any(step == "looked" for step, _ in house.installation.register.steps(case_id))


def test_scan_is_seen_by_nobody_without_the_role(house: House) -> None:
    """Whoever calls the door, not only its page."""
    house.hire("root", OperatorRole.ADMIN)
    case_id = house.open(Right.ACCESS)
    keep_record(case_id, read_document(picture(40, 30)), by="zoe")

    with pytest.raises(AnswerRefused):
        OperatorsDoor(house.installation).record(case_id, "root")


@pytest.mark.parametrize(("width", "height", "is_taken"), [(7000, 7000, True), (7100, 7100, False)])
def test_picture_of_more_than_fifty_million_points_is_refused(width: int, height: int, *, is_taken: bool) -> None:
    """By what its header says, before it is decoded."""
    content = picture(width, height)
    if is_taken:
        assert read_document(content).media_type == "image/png"
        return

    with pytest.raises(DocumentRefused) as refused:
        read_document(content)

    assert refused.value.code == "too_large"
