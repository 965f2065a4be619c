"""How parties take portable data (Art. 20(2)): each mistake is named, and a right entry has none."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.odcs.folder import check
from tests.data_contracts.folder import write

_KEY = "SHA256:" + "A" * 43
_SFTP = {"via": "sftp", "to": "sftp://telco@files.partner.example:2222/in", "host_key": _KEY}
_IMPORT = {"via": "import", "to": "https://partner.example/import", "tables": ["crm.customer"]}


def _faults(folder: Path, entry: dict[str, Any]) -> list[str]:
    def change(content: Any) -> None:
        parties = content["vocabulary"]["parties"]
        parties[next(iter(parties))]["portability"] = entry

    return [fault.what for fault in check(write(folder, change))]


@pytest.mark.parametrize(
    "entry",
    [
        _SFTP,
        _IMPORT,
        {"via": "https", "to": "https://partner.example/in"},
        {"via": "https", "to": "http://127.0.0.1:8080/in"},
        {"via": "https", "to": "http://localhost/in"},
    ],
)
def test_right_entries(tmp_path: Path, entry: dict[str, Any]) -> None:
    """Each way, written as the documentation says."""
    assert _faults(tmp_path, entry) == []


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (_SFTP | {"to": "https://partner.example"}, "`to` is no address for `via: sftp`"),
        (_SFTP | {"to": "sftp:///folder"}, "`to` is no address for `via: sftp`"),
        (_SFTP | {"to": "sftp://host:port/folder"}, "`to` is no address for `via: sftp`"),
        (_SFTP | {"to": "sftp://telco:secret@host/in"}, "`to` holds a password"),
        ({"via": "sftp", "to": "sftp://host/in"}, "names no host key"),
        ({"via": "https", "to": "http://partner.example/in"}, "its address is not encrypted"),
        ({"via": "https", "to": "http://10.0.0.1/in"}, "its address is not encrypted"),
        (_IMPORT | {"tables": []}, "names no tables to import"),
        (_IMPORT | {"tables": ["crm.nothing"]}, "there is no table `crm.nothing`"),
    ],
)
def test_mistakes(tmp_path: Path, entry: dict[str, Any], what: str) -> None:
    """An address that proves nobody, holds a secret, or names what is not there."""
    assert _faults(tmp_path, entry) == [what]
