"""Pages: colours that can be read (WCAG 2.2, 1.4.3)."""

from collections.abc import Iterator
from typing import Final

from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ORGANISATION, ContractSet

_ENOUGH: Final = 4.5
_LINEAR: Final = 0.04045
_ON_LIGHT, _ON_DARK = "#ffffff", "#0f1726"
"""What pages are written on."""


def colours(contracts: ContractSet) -> Iterator[Fault]:
    """Links and buttons can be told from what they are on."""
    chosen = contracts.organisation.colours
    for field, colour, ground in (("light", chosen.light, _ON_LIGHT), ("dark", chosen.dark, _ON_DARK)):
        ratio = contrast(colour, ground)
        if ratio < _ENOUGH:
            what = f"cannot be read on {ground}: the contrast is {ratio:.1f} to 1"
            yield Fault(ORGANISATION, "", f"colours.{field}", what, f"choose one of at least {_ENOUGH} to 1")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21.

    >>> round(contrast("#000000", "#ffffff")), contrast("#123456", "#123456")
    (21, 1.0)
    """
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB, as WCAG defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= _LINEAR else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
