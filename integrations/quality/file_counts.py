"""Counts rows of a Parquet dataset that a rule for values does not hold for, batch by batch.

Memory stays flat but for columns without repeats, of which a digest of every value is remembered.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

from data_contracts.connectors.quality import Bound, Checked, ValueCheck, ValueRule
from data_contracts.errors import SystemUnavailable

__all__ = ["check_files"]

_BATCH_ROWS = 10_000
_PSEUDONYM = "^([0-9a-z]{16}|[0-9a-z]{32})$"
_DIGEST_BYTES = 12
_NO_ROWS = ("_metadata", "_common_metadata", "_rightsflow-")
"""How files begin that repeat other files, or are drafts of them."""


def check_files(url: str, table: str, checks: Sequence[ValueCheck], *, system: str) -> list[Checked]:
    """The answer to each check of one dataset, in the order given.

    Raises:
        SystemUnavailable: when the folder cannot be read; trying again can help.
    """
    counts = [_Count(check) for check in checks]
    try:
        dataset = _dataset(url, table)
        names = list(dict.fromkeys(check.column for check in checks))
        scanner = dataset.scanner(columns=names, batch_size=_BATCH_ROWS, batch_readahead=2, fragment_readahead=1)
        for batch in scanner.to_batches():
            for count in counts:
                count.add(batch.column(count.check.column))
    except pa.ArrowException:
        return [Checked(check, 0, is_error=True) for check in checks]  # its text may quote a value
    except OSError:
        raise SystemUnavailable(
            "the folder of datasets could not be reached, or broke off",
            where=system,
            remedy="see that it is mounted, or the bucket reachable, then try again",
        ) from None
    return [count.told() for count in counts]


def _dataset(url: str, table: str) -> ds.Dataset:
    filesystem, base = fs.FileSystem.from_uri(url.removeprefix("parquet+"))
    folder, _, name = f"{base}/{table}".rpartition("/")
    entries = [e for e in filesystem.get_file_info(fs.FileSelector(folder)) if _is_named(e, name)]
    if not entries:
        message = "no such dataset"
        raise FileNotFoundError(message)
    # Whatever its name, a file is Parquet by what it holds; that others are there the look at the schema says.
    dataset = ds.dataset(
        entries[0].path,
        filesystem=filesystem,
        format="parquet",
        partitioning="hive",
        exclude_invalid_files=True,
        ignore_prefixes=list(_NO_ROWS),
    )
    schemas = [fragment.physical_schema for fragment in dataset.get_fragments()]
    return dataset.replace_schema(pa.unify_schemas(schemas, promote_options="permissive"))


def _is_named(entry: fs.FileInfo, name: str) -> bool:
    is_file_of = entry.type == fs.FileType.File and str(entry.base_name).startswith(f"{name}.")
    return bool(entry.base_name == name) or is_file_of


class _Count:
    """One check over the batches of a dataset."""

    def __init__(self, check: ValueCheck) -> None:
        self.check = check
        self._rows = 0
        self._is_error = False
        self._seen: Counter[bytes] = Counter()

    def add(self, column: pa.Array) -> None:
        """Look at the next batch."""
        if self._is_error:
            return
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        try:
            if self.check.rule is ValueRule.UNIQUE:
                self._seen.update(_digests(column))
            else:
                broken = _broken(self.check, column)
                self._rows += pc.sum(pc.cast(pc.fill_null(broken, fill_value=False), pa.int64())).as_py() or 0
        except pa.ArrowException:
            self._is_error = True  # its text may quote a value

    def told(self) -> Checked:
        """What it came to."""
        repeated = sum(times for times in self._seen.values() if times > 1)
        return Checked(self.check, 0 if self._is_error else self._rows + repeated, self._is_error)


def _digests(column: pa.Array) -> list[bytes]:
    texts = (str(value).encode() for value in column.to_pylist() if value is not None)
    return [hashlib.blake2b(text, digest_size=_DIGEST_BYTES).digest() for text in texts]


def _broken(check: ValueCheck, column: pa.Array) -> pa.Array:
    """Whether the rule does not hold, row by row; NULL where there is no value."""
    if check.rule is ValueRule.REQUIRED:
        return pc.is_null(column)
    text = column.cast(pa.string())
    is_none = pc.is_in(text, value_set=pa.array(check.none, pa.string()))
    if check.is_pseudonymised:
        is_none = pc.or_(is_none, pc.match_substring_regex(text, _PSEUDONYM))
    value = pc.if_else(is_none, pa.scalar(None, text.type), text)
    if check.rule is ValueRule.LENGTH:
        least, most = check.lengths
        length = pc.utf8_length(value)
        too_short = pc.less(length, least)
        return too_short if most is None else pc.or_(too_short, pc.greater(length, most))
    if check.rule in {ValueRule.FORMAT, ValueRule.PATTERN}:
        return pc.invert(pc.match_substring_regex(value, f"^(?:{check.pattern})$"))
    typed = pc.if_else(is_none, pa.scalar(None, column.type), column)
    if check.rule is ValueRule.VALID_VALUES:
        kept = typed if check.is_number else value
        is_allowed = pc.is_in(kept, value_set=pa.array(check.allowed).cast(kept.type))
        return pc.and_(pc.is_valid(kept), pc.invert(is_allowed))
    return _beyond(check, typed)


def _beyond(check: ValueCheck, value: pa.Array) -> pa.Array:
    bounds = check.bounds
    broken = pa.array([False] * len(value))
    if bounds.least is not None:
        compare = pc.less_equal if bounds.is_above else pc.less
        broken = pc.or_kleene(broken, compare(value, _scalar(bounds.least, value.type)))
    if bounds.most is not None:
        compare = pc.greater_equal if bounds.is_below else pc.greater
        broken = pc.or_kleene(broken, compare(value, _scalar(bounds.most, value.type)))
    return broken


def _scalar(bound: Bound, type_: pa.DataType) -> pa.Scalar:
    return pa.scalar(bound).cast(type_)
