"""No door changes the process that it answers in: warnings, places and rights of new files stay as they were.

One process answers everybody; what one call switched off would be off for the next.
"""

import locale
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount

from data_contracts.vocabulary import Right
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from tasks.gates.operators import password_digest
from tests.browser import Browser, browsing
from tests.flows.company import House

_PASSWORD = "quiet-otters-42"
_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")


def state() -> dict[str, object]:
    """What a call could change for others."""
    umask = os.umask(0o077)
    os.umask(umask)
    return {
        "filters": list(warnings.filters),
        "showwarning": warnings.showwarning,
        "locale": locale.setlocale(locale.LC_ALL),
        "umask": umask,
        "folder": Path.cwd(),
    }


def routes_of(app: Any, below: str = "") -> Iterator[tuple[str, str]]:
    """Each method and path of an application, those of mounted ones too."""
    while not hasattr(app, "routes"):
        app = app._app
    for route in app.routes:
        if isinstance(route, Mount):
            yield from routes_of(route.app, below + route.path) if hasattr(route.app, "routes") else ()
            continue
        for method in sorted(route.methods - {"HEAD"}):
            yield method, below + route.path


def walked(browser: Browser, known: dict[str, str], fields: dict[str, str]) -> dict[str, object]:
    """What routes changed, by method and path; every one is called, with a form of ours where it takes one."""
    changed: dict[str, object] = {}
    token = browser.hidden("/status" if "right" in known else "/sign-in").get("token", "")
    for method, path in routes_of(browser.app):
        before = state()
        filled = _PARAMETER.sub(lambda found: known.get(found[1], "x"), path)
        browser.call(method, filled, data={"token": token, **fields} if method == "POST" else None)
        if (after := state()) != before:
            changed[f"{method} {path}"] = {name: after[name] for name in after if after[name] != before[name]}
    return changed


@pytest.fixture
def site(house: House) -> Iterator[Browser]:
    """The site with the doors of programs."""
    house.installation.settings.drp_business_id = "TELCO_EXAMPLE"
    with browsing(public_site(house.installation)) as browser:
        yield browser


@pytest.fixture
def desk(house: House) -> Iterator[Browser]:
    """The desk, with the DPO signed in."""
    known = house.installation.register.operator("claire")
    assert known is not None
    house.installation.register.put_operator(replace(known, password=password_digest("claire", _PASSWORD)))
    with browsing(operators_desk(house.installation)) as browser:
        browser.send("/sign-in", name="claire", password=_PASSWORD, code=house.code("claire"))
        yield browser


def test_no_route_of_the_site_changes_the_process(site: Browser) -> None:
    """Pages, forms, links, the APIs of programs and agents."""
    paths = {path for _, path in routes_of(site.app)}

    changed = walked(site, {"right": "access"}, {"name": "Ana", "identity_email": "ana@example.org"})

    assert {"/request/{right}", "/case/document", "/api/v1/requests", "/drp/v1/agent/{agent_id}"} <= paths
    assert changed == {}


def test_no_route_of_the_desk_changes_the_process(desk: Browser, house: House) -> None:
    """Lists, texts, proofs, the DPO's pages and reports."""
    case_id = house.open(Right.ACCESS, details="Bonjour")
    paths = {path for _, path in routes_of(desk.app)}

    changed = walked(desk, {"case_id": case_id, "month": "2026-02"}, {})

    assert "/cases/{case_id}/letter" in paths
    assert changed == {}


def test_what_changes_the_process_is_found() -> None:
    """The test itself notices a filter, a place, a mask."""
    before = state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert state() != before
    old = os.umask(0o022 if before["umask"] != 0o022 else 0o077)
    try:
        assert state() != before
    finally:
        os.umask(old)
    assert state() == before
