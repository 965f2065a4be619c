"""Traces of erased values beside the rows: in names of files and in what a file's owner wrote about it."""

import re
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import quote, unquote

import pyarrow as pa

_LEAST_SIGNS = 5
_INSTEAD = "erased"
_ADDRESS = re.compile(r"[^/=]*(?:@|%40)[^/]*")
_DIGITS = re.compile(r"(?<![0-9A-Za-z-])\+?[0-9]{9,}(?![0-9A-Za-z-])")


class Traces:
    """Values that must not be left in names and metadata.

    Args:
        values: of identity columns, of any type; short ones are no traces, as they may mean anything.
    """

    def __init__(self, values: Iterable[object]) -> None:
        texts = {form for value in values for form in _forms(value)}
        joined = "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![^\W_])(?:{joined})(?![^\W_])" if texts else r"(?!)", re.IGNORECASE)

    def out_of(self, text: str) -> str:
        """The text without them."""
        return self._pattern.sub(_INSTEAD, text)

    def out_of_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema with the owner's words about file and columns without them."""
        fields = [field.with_metadata(self._out_of_words(field.metadata)) for field in schema]
        return pa.schema(fields, metadata=self._out_of_words(schema.metadata))

    def out_of_path(self, path: str, root: str) -> str:
        """The path below ``root`` without them; folders that give a column keep their names."""
        parts = path[len(root) :].strip("/").split("/")
        return "/".join([root, *(part if part.find("=") > 0 else self.out_of(part) for part in parts)])

    def _out_of_words(self, words: dict[bytes, bytes] | None) -> dict[bytes, bytes] | None:
        if words is None:
            return None
        return {self._out_of_bytes(key): self._out_of_bytes(value) for key, value in words.items()}

    def _out_of_bytes(self, word: bytes) -> bytes:
        text = word.decode("utf-8", "surrogateescape")
        return self.out_of(text).encode("utf-8", "surrogateescape")


def words_of(path: str, schema: pa.Schema) -> str:
    """Everything said about a file beside its rows."""
    words = [path]
    for said in (schema.metadata, *(field.metadata for field in schema)):
        words += [word.decode("utf-8", "replace") for pair in (said or {}).items() for word in pair]
    return "\n".join(words).casefold()


def seen_in(words: str, values: Iterable[object]) -> Iterator[object]:
    """Those values that are in the words."""
    return (value for value in values if any(form.casefold() in words for form in _forms(value)))


def _forms(value: object) -> tuple[str, ...]:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ()
    text = str(value).strip()
    return tuple({text, quote(text, safe="")}) if len(text) >= _LEAST_SIGNS else ()


def masked(path: str, known: Collection[str]) -> str:
    """A path as it may be shown: no address, no long number, no value of a folder but of known columns.

    >>> masked("country=FR/who=ana/of-ana@example.org.parquet", ["country"])
    'country=FR/who=***/***'

    Args:
        path: below the dataset.
        known: columns whose values are nobody's.
    """
    parts = []
    for part in path.split("/"):
        name, sign, _ = part.partition("=")
        is_value = bool(name and sign) and unquote(name) not in known
        shown = f"{name}=***" if is_value else _ADDRESS.sub("***", part)
        parts.append(_DIGITS.sub("***", shown))
    return "/".join(parts)
