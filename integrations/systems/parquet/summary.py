"""Summaries of a dataset: files without rows that repeat the statistics of other files (``_metadata``).

They are taken away before the first file changes, since their statistics hold values and their places in files are no
longer so, and written anew afterwards where the files allow it. Readers do without them.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from integrations.systems.parquet.rewrite import leftover_of


def remove_summaries(filesystem: fs.FileSystem, summaries: Sequence[str]) -> None:
    """Take them away."""
    for path in summaries:
        filesystem.delete_file(path)


def write_summaries(filesystem: fs.FileSystem, summaries: Sequence[str], files: Sequence[str]) -> None:
    """Write them anew, each of the files below its folder; none where those differ in their columns."""
    for path in summaries:
        folder, _, name = path.rpartition("/")
        below = [file for file in files if file.startswith(f"{folder}/")]
        made = _summary(filesystem, folder, below)
        if made is None:
            continue
        copy = leftover_of(path)
        with filesystem.open_output_stream(copy, compression=None) as sink:
            if name == "_metadata":
                made.write_metadata_file(sink)
            else:
                pq.write_metadata(made.schema.to_arrow_schema(), sink)
        filesystem.move(copy, path)


def _summary(filesystem: fs.FileSystem, folder: str, files: Sequence[str]) -> pq.FileMetaData | None:
    made: pq.FileMetaData | None = None
    for file in files:
        own = pq.read_metadata(file, filesystem=filesystem)
        own.set_file_path(file[len(folder) :].strip("/"))
        try:
            if made is None:
                made = own
            else:
                made.append_row_groups(own)
        except (RuntimeError, pa.ArrowException):
            return None
    return made
