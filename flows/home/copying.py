"""A copy of register and vault that can be put back: made while everything works, of one moment each.

The register is copied first, the vault after it: a blob of later belongs to no case of the copy, and one that went
meanwhile is missed by its case, which then goes to a person. Keys are in no copy: who has both opens everything.
"""

import hashlib
import json
import shutil
import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from data_contracts.errors import RequestInvalid, SystemUnavailable
from flows.embedded.database import REGISTER
from flows.home.restores import JOURNAL, MARK
from flows.settings import Settings

__all__ = ["copy_made", "copy_put_back"]

_SHEET: Final = "copy.json"
_SQLITE: Final = "register.db"
_DUMP: Final = "register.dump"
_VAULT: Final = "vault"


def copy_made(chosen: Settings, folder: Path) -> dict[str, Any]:
    """Copy register and vault of a home into a new folder; what was copied.

    Raises:
        RequestInvalid: when the folder is there already, or register and vault are not both in the home.
        SystemUnavailable: when something cannot be read or written; nothing of the folder is left.
    """
    if chosen.register_url or chosen.vault_url:
        what = "register or vault is in a place of yours (RIGHTSFLOW_REGISTER_URL, RIGHTSFLOW_VAULT_URL)"
        raise RequestInvalid(what, where="backup", remedy="copy it with that place's own means, the register first")
    if folder.exists():
        raise RequestInvalid("the folder is there already", where=str(folder), remedy="name one that is not")
    draft = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        register = _register_copied(chosen, draft)
        ignored = shutil.ignore_patterns(".*", MARK, f"{JOURNAL}*")
        if Path(chosen.vault).is_dir():
            shutil.copytree(chosen.vault, draft / _VAULT, ignore=ignored)
        facts = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "register": register.name}
        files = {str(file.relative_to(draft)): _digest(file) for file in sorted(draft.rglob("*")) if file.is_file()}
        (draft / _SHEET).write_text(json.dumps({**facts, "files": files}, indent=1), "utf-8")
        draft.rename(folder)
    except (OSError, sqlite3.Error) as error:
        what, remedy = f"the copy cannot be made ({type(error).__name__})", "check the folder, its owner and the room"
        raise SystemUnavailable(what, where=str(folder), remedy=remedy) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # once it is whole it is not there any more
    return {**facts, "folder": str(folder), "files": len(files)}


def _register_copied(chosen: Settings, folder: Path) -> Path:
    if chosen.embedded.keeps_register:
        with chosen.embedded.held():
            chosen.embedded.copy_to(REGISTER, folder / _DUMP)
        return folder / _DUMP
    if not chosen.register_file.is_file():
        raise RequestInvalid("there is no register", where=str(chosen.state), remedy="set RIGHTSFLOW_HOME to its home")
    target = folder / _SQLITE
    target.touch(mode=0o600)
    with closing(sqlite3.connect(chosen.register_file)) as register, closing(sqlite3.connect(target)) as copied:
        register.backup(copied)  # of one moment, whoever writes meanwhile
    return target


def copy_put_back(chosen: Settings, folder: Path) -> dict[str, Any]:
    """Put a copy into a home that has neither register nor vault; what was put back.

    Raises:
        RequestInvalid: when the home is not empty, or the copy is not whole.
        SystemUnavailable: when something cannot be written; what was begun is taken away again.
    """
    sheet = _whole(folder)
    vault = Path(chosen.vault)
    is_taken = chosen.embedded.keeps_register or chosen.register_file.exists() or _has_blobs(vault)
    if chosen.register_url or chosen.vault_url or is_taken:
        what = "this home has a register or a vault, or is told to use another"
        remedy = "move `register.db`, `database/` and `vault/` aside, and keep them: they tell what was done since"
        raise RequestInvalid(what, where=str(chosen.state), remedy=remedy)
    with ExitStack() as undoing:
        undoing.callback(shutil.rmtree, vault, ignore_errors=True)
        try:
            _put_back(chosen, folder, sheet["register"])
        except OSError as error:
            what = f"the copy cannot be put back ({type(error).__name__})"
            remedy = "make room on the disk, then run again"
            raise SystemUnavailable(what, where=str(chosen.state), remedy=remedy) from None
        undoing.pop_all()
    return {"home": str(chosen.state), "made_at": sheet["made_at"], "files": len(sheet["files"])}


def _put_back(chosen: Settings, folder: Path, register: str) -> None:
    """The vault first: a register without it would send its cases to people."""
    chosen.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / _VAULT).is_dir():
        shutil.copytree(folder / _VAULT, chosen.vault, dirs_exist_ok=True)
    if register == _DUMP:
        with chosen.embedded.held():
            chosen.embedded.take_from(REGISTER, folder / _DUMP)
            chosen.embedded.keep_register()
        return
    draft = chosen.register_file.with_name(f".{_SQLITE}.part")
    shutil.copyfile(folder / _SQLITE, draft)
    draft.chmod(0o600)
    draft.rename(chosen.register_file)


def _whole(folder: Path) -> dict[str, Any]:
    """What a copy says of itself, once each of its files is as it was written.

    Raises:
        RequestInvalid: when it is no copy, or a file is missing or another.
    """
    try:
        sheet: dict[str, Any] = json.loads((folder / _SHEET).read_text("utf-8"))
        files: dict[str, str] = dict(sheet["files"])
        changed = [name for name, digest in files.items() if _digest(folder / name) != digest]
    except (OSError, ValueError, KeyError, TypeError):
        what, remedy = "this is no copy, or a file of it is missing", "name the folder that `rightsflow backup` made"
        raise RequestInvalid(what, where=str(folder), remedy=remedy) from None
    if changed or sheet.get("register") not in files:
        what = f"{len(changed)} files are not as they were written"
        raise RequestInvalid(what, where=str(folder / next(iter(changed), _SHEET)), remedy="take another copy")
    return sheet


def _has_blobs(vault: Path) -> bool:
    return vault.is_dir() and any(place.is_dir() for place in vault.iterdir())


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
