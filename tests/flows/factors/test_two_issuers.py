"""Two issuers of OpenID Connect at once, one of data subjects and one of operators: no answer is taken for the other's.

Two real providers run; each knows a person of the same subject, and one can be made to sign with the other's key id.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr

from data_contracts.company.sign_in import ClientSpace, OperatorsSignIn
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from flows.server.machine import free_port
from integrations.intake.web.sign_in import SigningIn
from tasks.gates.factors.by_organisation import link_account
from tasks.services import use
from tests.browser import Browser, browsing
from tests.flows.company import House
from tests.flows.factors.conftest import DESK

_SITE = "http://localhost"
_SUBJECT = "ana"
_PATIENCE = 300


@dataclass
class Issuers:
    """Both, by address."""

    own: str
    space: str


@contextmanager
def a_provider() -> Iterator[str]:
    """The address of a provider in a process of its own, which knows somebody."""
    port = free_port()
    words = (sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(_PATIENCE):
            with suppress(httpx.TransportError):
                httpx.get(f"{address}/.well-known/openid-configuration", trust_env=False).raise_for_status()
                break
            time.sleep(0.2)
        put(address, _SUBJECT, {"email": "ana@example.org", "email_verified": True, "number": "C-1"})
        try:
            yield address
        finally:
            process.terminate()


def put(issuer: str, sub: str, claims: Mapping[str, object]) -> None:
    """Have a provider know somebody."""
    httpx.put(f"{issuer}/users/{sub}", json=claims, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def both() -> Iterator[Issuers]:
    """Two providers on this machine."""
    with a_provider() as own, a_provider() as space:
        yield Issuers(own, space)


@pytest.fixture
def issuers(both: Issuers) -> Issuers:
    """Both, each with somebody of the same subject, whose address is proven."""
    for issuer in (both.own, both.space):
        put(issuer, _SUBJECT, {"email": "ana@example.org", "email_verified": True, "number": "C-1"})
    return both


@pytest.fixture
def signed(keyed: House, issuers: Issuers) -> House:
    """A house with both; claire's account of the organisation is linked."""
    secrets = {
        name: SecretStr("a secret of our client") for name in ("operators_sign_in_secret", "client_space_secret")
    }
    keyed.installation.settings = keyed.installation.settings.model_copy(update=secrets)
    provided = keyed.installation.services
    profile = provided.organisation.model_copy(
        update={
            "client_space": ClientSpace(issuer=issuers.space, client_id="rightsflow", keys={"customer_no": "number"}),
            "operators_sign_in": OperatorsSignIn(issuer=issuers.own, client_id="operators"),
        }
    )
    made = replace(provided, organisation=profile, site_url=_SITE)
    vars(keyed.installation)["services"] = made
    known = keyed.installation.register.operator("claire")
    assert known is not None
    keyed.installation.register.put_operator(replace(known, oidc_subject=f"{issuers.own}|{_SUBJECT}"))
    return keyed


@pytest.fixture
def desk(signed: House) -> Iterator[Browser]:
    """A browser at the desk."""
    with browsing(operators_desk(signed.installation)) as browser:
        yield browser


def begun(browser: Browser, path: str = "/sign-in/organisation/start") -> str:
    """The address that a browser is sent to."""
    return str(browser.call("GET", path, follow_redirects=False).headers["location"])


def come_back(address: str, sub: str = _SUBJECT) -> str:
    """Path and query that an issuer sends somebody back to, who signed in there."""
    back = httpx.post(address, data={"sub": sub}, follow_redirects=False, trust_env=False)
    where = urlsplit(back.headers["location"])
    return f"{where.path}?{where.query}"


def is_in(browser: Browser) -> bool:
    """Whether somebody is signed in."""
    return "Sign out" in browser.get("/").text


def test_operator_signs_in_by_the_organisation(signed: House, desk: Browser) -> None:
    """With PKCE and a nonce; the log says how."""
    address = begun(desk)
    asked = parse_qs(urlsplit(address).query)

    desk.get(come_back(address))

    assert (asked["code_challenge_method"], asked["redirect_uri"]) == (["S256"], [f"{DESK}/sign-in/organisation"])
    assert asked["nonce"]
    assert is_in(desk)
    use = signed.installation.register.uses()[0]
    assert (use.operator, use.what, use.proof, use.is_accepted) == ("claire", "sign in", "oidc", True)


def test_sign_in_decides_nothing(signed: House, desk: Browser) -> None:
    """It lets an operator look; what is decided takes a code or a passkey."""
    case_id = signed.open(Right.ACCESS)
    signed.run(case_id)
    desk.get(come_back(begun(desk)))
    page = desk.get("/decide").text
    (name,) = re.findall(r'name="decision:([^"]+)"', page)

    answer = desk.send("/decide", **{f"decision:{name}": "approve", f"reference:{name}": "call_back"})

    assert answer.status_code == 422
    assert not [one for one in signed.installation.register.gates(case_id) if one.answers]


@pytest.mark.parametrize("standing", [{"is_active": False}, {"oidc_subject": ""}], ids=["lapsed", "not linked"])
def test_claim_alone_makes_no_operator(signed: House, desk: Browser, standing: Mapping[str, Any]) -> None:
    """Who is not in force, or not linked, stays outside; each try is in the log."""
    known = signed.installation.register.operator("claire")
    assert known is not None
    signed.installation.register.put_operator(replace(known, **standing))

    page = desk.get(come_back(begun(desk))).text

    assert "could not be used" in page
    assert not is_in(desk)
    assert not signed.installation.register.uses()[0].is_accepted


def test_somebody_else_of_the_organisation_stays_outside(desk: Browser, issuers: Issuers) -> None:
    """A colleague who is no operator."""
    put(issuers.own, "bob", {})

    assert "could not be used" in desk.get(come_back(begun(desk), "bob")).text
    assert not is_in(desk)


def test_answer_is_for_the_browser_that_began(signed: House, desk: Browser) -> None:
    """A stolen answer opens nothing elsewhere; replayed where it was used, with the cookie of before, neither."""
    address = come_back(begun(desk))
    before = dict(desk.cookies)

    with browsing(operators_desk(signed.installation)) as stranger:
        assert "could not be used" in stranger.get(address).text
        begun(stranger)
        assert "could not be used" in stranger.get(address).text
    desk.get(address)
    assert is_in(desk)
    desk.send("/", "/sign-out")
    desk.cookies.update(before)

    assert "could not be used" in desk.get(address).text
    assert not is_in(desk)


def test_code_of_the_other_issuer_opens_nothing(signed: House, desk: Browser) -> None:
    """Its code with our state, its answer as it is, its answer at our address: at the desk and at the site alike."""
    with browsing(public_site(signed.installation)) as site:
        ours, theirs = come_back(begun(desk)), come_back(begun(site, "/client-space/start"))
        mixed = [
            re.sub(r"code=[^&]+", "code=" + parse_qs(urlsplit(theirs).query)["code"][0], ours),
            f"/sign-in/organisation?{urlsplit(theirs).query}",
            re.sub(r"state=[^&]+", "state=" + parse_qs(urlsplit(theirs).query)["state"][0], ours),
        ]
        for address in mixed:
            assert "could not be used" in desk.get(address).text
            assert not is_in(desk)
            begun(desk)
        # And an operator's answer proves no data subject.
        asked = site.get(f"/client-space?{urlsplit(ours).query}").text
        assert "we go on" not in asked


def test_cookie_of_the_site_is_none_at_the_desk(signed: House, desk: Browser) -> None:
    """What the one application remembers of a sign-in is signed for it alone."""
    with browsing(public_site(signed.installation)) as site:
        theirs = come_back(begun(site, "/client-space/start"))
        (value,) = dict(site.cookies).values()
        desk.cookies.set("rf_desk", value, domain="localhost.local")

        assert "could not be used" in desk.get(f"/sign-in/organisation?{urlsplit(theirs).query}").text
        assert not is_in(desk)


@pytest.fixture
def forged(signed: House, issuers: Issuers, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Signs in at the desk where the token endpoint was replaced by an attacker's, and says what the page says."""
    keys = {name: RSAKey.generate_key(2048, {"kid": "1"}) for name in ("own", "space")}
    monkeypatch.setattr(
        SigningIn, "_keys", lambda one: KeySet([keys["own" if one._space.issuer == issuers.own else "space"]])
    )

    def sign_in(key: str = "own", **changed: object) -> str:
        with browsing(operators_desk(signed.installation)) as browser:
            address = begun(browser)
            nonce = parse_qs(urlsplit(address).query)["nonce"][0]
            now = int(time.time())
            usual = {"iss": issuers.own, "aud": "operators", "sub": _SUBJECT, "exp": now + 60, "nonce": nonce}
            claims = {name: value for name, value in {**usual, **changed}.items() if value is not None}
            token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, keys[key], algorithms=["RS256"])
            monkeypatch.setattr(SigningIn, "_token", lambda *_: token)
            page = browser.get(come_back(address)).text
            return "in" if is_in(browser) else page

    return sign_in


def test_token_of_the_other_issuer_opens_nothing(forged: Callable[..., str], issuers: Issuers) -> None:
    """Signed by the other under the same key id, about the same subject, for the same client; or naming the other."""
    assert forged() == "in"

    for token in ({"key": "space"}, {"iss": issuers.space}, {"key": "space", "iss": issuers.space}):
        assert "could not be used" in forged(**token)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "rightsflow"},
        {"aud": ["operators", "rightsflow"]},
        {"aud": ["operators", "rightsflow"], "azp": "rightsflow"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": None},
        {"sub": ["ana"]},
    ],
    ids=str,
)
def test_token_that_is_not_for_us_opens_nothing(forged: Callable[..., str], changed: dict[str, object]) -> None:
    """Though our issuer signed it: for the other client, for both, for another sign-in, over, without a subject."""
    assert "could not be used" in forged(**changed)


def test_address_counts_only_where_it_is_proven(signed: House, issuers: Issuers) -> None:
    """An organisation that names operators by mail address: one that the account has not proven names nobody."""
    provided = signed.installation.services
    own = OperatorsSignIn(issuer=issuers.own, client_id="operators", claim="email")
    profile = provided.organisation.model_copy(update={"operators_sign_in": own})
    vars(signed.installation)["services"] = replace(provided, organisation=profile)
    known = signed.installation.register.operator("claire")
    assert known is not None
    signed.installation.register.put_operator(replace(known, oidc_subject=f"{issuers.own}|ana@example.org"))

    for is_proven in (False, True):
        claims = {"email": "ana@example.org", "email_verified": is_proven}
        put(issuers.own, _SUBJECT, claims)
        with browsing(operators_desk(signed.installation)) as browser:
            browser.get(come_back(begun(browser)))
            assert is_in(browser) is is_proven


def test_account_is_one_operators(signed: House, issuers: Issuers) -> None:
    """Linked to another, empty, or too long: refused."""
    with use(signed.installation.services):
        for value in (_SUBJECT, "", "x" * 300, "a\nb"):
            with pytest.raises(RequestInvalid):
                link_account("zoe", value, proof="test")
        with pytest.raises(RequestInvalid, match="no such operator"):
            link_account("nobody", "zoe", proof="test")
        link_account("zoe", "zoe", proof="test")
    known = signed.installation.register.operator("zoe")
    assert known is not None
    assert known.oidc_subject == f"{issuers.own}|zoe"
