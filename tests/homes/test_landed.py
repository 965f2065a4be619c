"""Homes of every version that landed, made with the software of then: today's goes on where they stand."""

from pathlib import Path

import pyotp
import pytest

from integrations.register import schema
from tests.homes.making import LANDED, call, is_known, make_home
from tests.sampling import ALL, is_all


def test_versions_that_landed_are_versions_of_the_register() -> None:
    """Each is a migration, and none is newer than ours."""
    migrations = {file.stem[:4] for file in (Path(schema.__file__).parent / "migrations").rglob("0*.py")}

    assert LANDED.keys() <= migrations
    assert max(LANDED) <= schema.HEAD


@pytest.mark.skipif(not is_all(), reason=f"a quarter of a minute each: {ALL}=1")
@pytest.mark.parametrize("version", LANDED)
def test_home_of_an_earlier_version_goes_on(version: str, tmp_path: Path) -> None:
    """The case waits where it waited, evidence verifies, the operator's code is good, and the case goes on."""
    if not is_known(version):
        pytest.skip("the history at hand does not go back so far")
    code, home = tmp_path / "code", tmp_path / "home"
    code.mkdir()
    made = make_home(version, home, code)
    case, secret = made["request"]["case"], made["operator"]["secret"]

    (seen,) = call(home, "cases")["cases"]
    told = call(home, "evidence", "verify", case)
    call(
        home,
        "approve",
        case,
        "identity",
        "--as",
        "claire",
        "--code",
        pyotp.TOTP(secret).now(),
        "--reference",
        "call_back",
    )
    call(home, "run", case)

    assert (seen["case"], seen["waits_at"]) == (case, "identity")
    assert told["findings"] == [] if "findings" in told else told
    (after,) = call(home, "cases")["cases"]
    assert after["state"] not in {"received", "acknowledged"}
