"""What a contract says about single values of a column, read from native ODCS: options of the type, ``enum``, quality.

Rules that concern a set of values (how many may be missing, whether they repeat) are not of this kind and are left to
the audit. ``maxLength`` and ``required`` stand at the column itself.

Source: https://bitol-io.github.io/open-data-contract-standard/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from open_data_contract_standard.model import DataQuality, SchemaProperty


_ABOUT_SINGLE_VALUES: Final = "invalidValues"


@dataclass(frozen=True, slots=True)
class ValueRules:
    """What every value of a column must be; what the contract leaves open stays empty."""

    format: str = ""
    """``email``, ``uri``, ``uuid``, ``hostname``, ``ipv4`` or ``ipv6``; others are told to people only."""
    patterns: tuple[str, ...] = ()
    """Regular expressions, each of which a value must match from its first to its last character."""
    valid_values: tuple[str, ...] = ()
    """All values there are, as text; empty: any."""
    min_length: int = 0
    """In characters."""
    minimum: str = ""
    maximum: str = ""
    """Bounds that are allowed themselves, as text of the column's type."""
    above: str = ""
    below: str = ""
    """Bounds that are not allowed themselves."""


def value_rules(column: "SchemaProperty") -> ValueRules:
    """The rules that an ODCS property declares for its values."""
    options: Mapping[str, Any] = column.logicalTypeOptions or {}
    arguments = list(_arguments(column.quality or []))
    patterns = [options.get("pattern"), *(given.get("pattern") for given in arguments)]
    values = [entry.value for entry in getattr(column, "enum", None) or []]
    values += [value for given in arguments for value in given.get("validValues", [])]
    return ValueRules(
        format=str(options.get("format", "")) if column.logicalType == "string" else "",
        patterns=tuple(str(pattern) for pattern in patterns if pattern),
        valid_values=tuple(dict.fromkeys(_text(value) for value in values)),
        min_length=options.get("minLength", 0),
        minimum=_text(options.get("minimum")),
        maximum=_text(options.get("maximum")),
        above=_text(options.get("exclusiveMinimum")),
        below=_text(options.get("exclusiveMaximum")),
    )


def _arguments(checks: "list[DataQuality]") -> Iterator[Mapping[str, Any]]:
    """Arguments of checks that allow no invalid value at all."""
    for check in checks:
        if check.metric == _ABOUT_SINGLE_VALUES and check.mustBe == 0:
            yield check.arguments or {}


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
