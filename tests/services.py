"""What a test says when a service it needs is not there.

On a developer's machine the test is skipped. In CI (the variable ``CI`` is set) it fails: a suite that leaves out what
it promises to check is not green.
"""

import os
import shutil
from typing import Final, NoReturn

import pytest


def absent(service: str, *, remedy: str) -> NoReturn:
    """Skip the test because ``service`` is absent; in CI, fail it."""
    reason = f"service absent: {service}. Remedy: {remedy}."
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Where the system's Chromium is; a test that looks at pages skips where there is none, and fails in CI."""
    named = os.environ.get("RIGHTSFLOW_TEST_CHROMIUM", "")
    found = next((path for name in (named, *_BROWSERS) if name and (path := shutil.which(name))), None)
    return found or absent("Chromium", remedy="install the package chromium, or set RIGHTSFLOW_TEST_CHROMIUM to one")
