"""CSV as people open it: UTF-8, RFC 4180, and no cell that a spreadsheet would run as a formula.

A text that begins as a formula does is written with an apostrophe before it, and read without it: what is written is
what is read. So is what begins so behind a semicolon, a tab or a line's end within a text: where lists are written with
semicolons, as in French and Dutch, a spreadsheet divides our lines there, whatever quotes say.

Our own tables, which staff open, are written so. The answer package of a data subject is not: its CSV holds the data as
they are (Art. 15(3), 20(1)), for programs, and a person reads its page.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection

>>> csv_of(("person", "course"), [("ana", "=HYPERLINK(1)")]).splitlines()
['person,course', "ana,'=HYPERLINK(1)"]
>>> csv_of(("person",), [("Ana;=HYPERLINK(1)",)]).splitlines()[1]
"Ana;'=HYPERLINK(1)"
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from data_contracts.text.lists import lines_in

_BEGINS: Final = "(?<![^;\t\r\n])"
"""At the beginning, and behind what divides cells or lines."""
_RUN: Final = "(?='*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
_FORMULA: Final = re.compile(_BEGINS + _RUN)


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV; write it as it is, its lines end as RFC 4180 has it."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow([_guarded(name) for name in columns])
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return sink.getvalue()


def rows_of(text: str, columns: Sequence[str], *, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line of a CSV file with its number; columns in any order, and those that are not asked for are passed over.

    Args:
        text: of the file; cells stand between commas or semicolons, as the first line has it.
        columns: that must be there.
        where: how errors name the file.

    Raises:
        RequestInvalid: when a column is missing, a line has more or fewer cells than the first, or it is no CSV.
    """
    texts = io.StringIO(text.removeprefix("\ufeff"), newline="")
    yield from ((line.number, dict(line.cells)) for line in lines_in(texts, columns, where=where))


def _guarded(cell: str) -> str:
    return _FORMULA.sub("'", cell)
