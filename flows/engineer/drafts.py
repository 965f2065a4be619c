"""What ``rightsflow contracts draft`` and ``import-fides`` do: facts as JSON-ready dictionaries, and files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from data_contracts.errors import RequestInvalid, SettingsInvalid
from data_contracts.odcs.drafts.drafting import draft_document
from data_contracts.odcs.drafts.fides import from_fides, read_datasets, to_fides
from data_contracts.odcs.drafts.fides_beside import beside
from data_contracts.odcs.drafts.text import marks_in, text_of
from data_contracts.odcs.folder import SUFFIX
from flows.wiring.drafts import look_at

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def draft_facts(
    url: str, *, name: str, tables: Sequence[str], sample: int, fides: Path | None = None
) -> dict[str, Any]:
    """The draft of a contract for the live system at ``url``, and how much of it is open.

    Args:
        url: as for RIGHTSFLOW_SYSTEM_<NAME>_URL.
        name: the system's; that of the database or folder when empty.
        tables: which; all when empty.
        sample: how many values of each text column are looked at.
        fides: a file of Fides datasets whose categories, identities and directions are laid beside what is live.

    Raises:
        SettingsInvalid: when the name is none for a system.
        RequestInvalid: when the file of datasets cannot be read.
        ContractInvalid: when it is no Fides file.
        RightsflowError: when the system cannot be looked at.
    """
    if name and not _NAME.fullmatch(name):
        raise SettingsInvalid(
            "is no name for a system", where=name, remedy="use letters, digits, hyphens and underscores"
        )
    datasets = [] if fides is None else read_datasets(_text(fides), file=fides.name)
    laid = beside(look_at(url, name=name, tables=tables, sample=sample), datasets)
    more = {"elsewhere": list(laid.system.elsewhere), "not_live": list(laid.not_live)}
    return _facts(draft_document(laid.system, laid.declared)) | more


def import_facts(file: Path, *, to: Path | None) -> dict[str, Any]:
    """Drafts of contracts from the Fides datasets in ``file``; written to the folder ``to`` where one is given.

    Raises:
        RequestInvalid: when the file cannot be read, or a contract is there already; nothing is written then.
        ContractInvalid: when it is no Fides file.
    """
    datasets = read_datasets(_text(file), file=file.name)
    documents = [from_fides(dataset) for dataset in datasets]
    written = [] if to is None else _write(documents, to)
    return {
        "datasets": [_facts(document) for document in documents],
        "comes_back_equal": [to_fides(document) for document in documents] == datasets,
        "files": [str(path) for path in written],
        "contract": text_of(*documents),
    }


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RequestInvalid(
            "the file cannot be read as text", where=str(file), remedy="give a readable UTF-8 file of Fides datasets"
        ) from None


def _write(documents: Sequence[Mapping[str, Any]], to: Path) -> list[Path]:
    paths = [to / f"{document['id']}{SUFFIX}" for document in documents]
    taken = [path for place, path in enumerate(paths) if path.exists() or path in paths[:place]]
    if taken:
        raise RequestInvalid(
            "a contract of that name is there already; nothing was written",
            where=str(taken[0]),
            remedy="give another folder with --to, or move the file away",
        )
    try:
        to.mkdir(parents=True, exist_ok=True)
        for path, document in zip(paths, documents, strict=True):
            path.write_text(text_of(document), encoding="utf-8")
    except OSError:
        raise RequestInvalid(
            "the drafts cannot be written", where=str(to), remedy="give a folder that can be written to with --to"
        ) from None
    return paths


def _facts(document: Mapping[str, Any]) -> dict[str, Any]:
    tables = document["schema"]
    return {
        "system": document["id"],
        "tables": len(tables),
        "columns": sum(len(table["properties"]) for table in tables),
        **marks_in(document),
        "contract": text_of(document),
    }
