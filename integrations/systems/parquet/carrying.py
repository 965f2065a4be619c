"""Carrying one order out over the files of a dataset.

1. What an interrupted rewrite left is taken away.
2. Every file with a selected row is copied as it is to be. Where that fails, the file is named and none has changed.
3. Summaries go, since they will no longer be so; the copies take their files' places; folders without files go.
4. Summaries are written anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from data_contracts.connectors.keys import Order
from data_contracts.errors import RightsflowError, SystemUnavailable
from integrations.systems.parquet.dataset import File, Opened, Part
from integrations.systems.parquet.files import listed
from integrations.systems.parquet.orders import Touching, Where, changes_of
from integrations.systems.parquet.rewrite import Draft, check_unchanged, drop, remove_emptied, remove_leftovers, settle
from integrations.systems.parquet.summary import remove_summaries, write_summaries


def carry_out(opened: Opened, order: Order, where: Where, identities: Sequence[str]) -> int:
    """Carry it out; the rows touched."""
    filesystem, dataset = opened.filesystem, opened.dataset
    remove_leftovers(filesystem, dataset.root, below=dataset.is_folder)
    touching = Touching(filesystem, dataset, order, tuple(identities))
    try:
        for part, filters in opened.parts:
            expression = where(filters)
            changed = changes_of(filters, order)
            for file in part.files if expression is not None else ():
                with _naming(opened, part, file):
                    touching.touch(part, file, expression, changed)
    except BaseException:
        drop(filesystem, (one.copy for one in touching.drafts))
        raise
    if touching.drafts:
        _settle(opened, touching.drafts)
    return touching.rows


def _settle(opened: Opened, drafts: Sequence[Draft]) -> None:
    filesystem, dataset = opened.filesystem, opened.dataset
    check_unchanged(filesystem, drafts, where=opened.path)
    try:
        remove_summaries(filesystem, dataset.summaries)
        settle(filesystem, drafts)
        for folder in sorted({draft.path.rpartition("/")[0] for draft in drafts if dataset.is_folder}):
            remove_emptied(filesystem, folder, dataset.root)
        if dataset.summaries:
            left = listed(filesystem, filesystem.get_file_info(dataset.root)).files
            write_summaries(filesystem, dataset.summaries, [str(info.path) for info in left])
    except OSError:
        drop(filesystem, (one.copy for one in drafts))
        raise SystemUnavailable(
            "a file of the dataset could not be replaced; each is either finished or as it was",
            where=opened.path,
            remedy="see that the account may write and delete in the dataset's folder, then try again",
        ) from None


@contextmanager
def _naming(opened: Opened, part: Part, file: File) -> Iterator[None]:
    """Let an error name the file: a copy that could not be written, or a file that could not be read."""
    try:
        with opened.naming(part):
            yield
    except RightsflowError:
        raise
    except (OSError, pa.ArrowException) as error:
        what = "a copy of the file could not be written, so nothing was changed"
        remedy = "see that the disk has room for it and that the account may write to its folder, then try again"
        if not isinstance(error, OSError):
            what = "no way of writing keeps the file's types, so nothing was changed"
            remedy = "write the file anew with a recent program, then try again"
        raise SystemUnavailable(what, where=opened.shown_path(file.path), remedy=remedy) from None
