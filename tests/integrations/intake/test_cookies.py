"""Cookies and form tokens: bound to one visit, ended by time, sent to nobody else."""

import time

import pytest
from starlette.responses import Response

from integrations.intake.web.cookies import CookieSeal

_KEY = b"k" * 32


def a_seal(*, is_https: bool = True, longest_seconds: int = 900) -> CookieSeal:
    """A seal of an application."""
    return CookieSeal(_KEY, name="visit", is_https=is_https, longest_seconds=longest_seconds)


def test_form_token_is_bound_to_the_visit() -> None:
    """Another visitor's token, which is signed by us as well, is none here (CSRF)."""
    seal = a_seal()
    ours, theirs = seal.read(None), seal.read(None)

    assert seal.is_own_form(ours, seal.form_token(ours))
    assert not seal.is_own_form(ours, seal.form_token(theirs))


def test_form_key_is_bound_to_visit_and_form() -> None:
    """And to what was typed."""
    seal = a_seal()
    ours, theirs = seal.read(None), seal.read(None)
    key = seal.form_key(ours, "access")

    assert seal.sent(ours, "access", key, {"a": "1"}) == seal.sent(ours, "access", key, {"a": "1"})
    assert seal.sent(ours, "access", key, {"a": "1"}) != seal.sent(ours, "access", key, {"a": "2"})
    assert seal.sent(theirs, "access", key, {}) is None
    assert seal.sent(ours, "erasure", key, {}) is None
    assert seal.sent(ours, "access", seal.form_token(ours), {}) is None


@pytest.mark.parametrize(("passed", "is_over"), [(899, False), (902, True)])
def test_visit_and_forms_end_by_time(monkeypatch: pytest.MonkeyPatch, passed: int, *, is_over: bool) -> None:
    """Whatever happened in it; the time is the seal's own."""
    seal = a_seal()
    visit = seal.read(None).with_facts(case="C-1")
    cookie, token, key = seal.sealed(visit), seal.form_token(visit), seal.form_key(visit, "access")
    later = time.time() + passed
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)

    assert (seal.read(cookie).facts == {}) is is_over
    assert seal.is_own_form(visit, token) is not is_over
    assert (seal.sent(visit, "access", key, {}) is None) is is_over


@pytest.mark.parametrize("is_https", [True, False])
def test_cookie_is_sent_to_nobody_else(*, is_https: bool) -> None:
    """By https alone and to this very host where there is https; never to a script, never from another site's form."""
    seal, answer = a_seal(is_https=is_https), Response()

    seal.keep(answer, seal.read(None))
    name, _, said = answer.headers["set-cookie"].partition("=")

    flags = {one.strip().lower() for one in said.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert ("secure" in flags, name.startswith("__Host-")) == (is_https, is_https)
    assert not any(flag.startswith("domain") for flag in flags)
