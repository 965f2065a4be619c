"""What a test says when a service it needs is not there.

On a developer's machine the test is skipped. In CI (the variable ``CI`` is set) it fails: a suite that leaves out what
it promises to check is not green.
"""

import os
from typing import NoReturn

import pytest


def absent(service: str, *, remedy: str) -> NoReturn:
    """Skip the test because ``service`` is absent; in CI, fail it."""
    reason = f"service absent: {service}. Remedy: {remedy}."
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
