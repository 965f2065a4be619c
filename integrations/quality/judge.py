"""Concludes from counts whether an erasure is proven (law 7); the counts were taken by connectors.

What the judges look at, each a promise of its own:

1. every declared table has at least one line: a table nobody looked at proves nothing (law 6);
2. no cell is missing;
3. what remains is exactly what an exemption keeps, line by line (Art. 17(3)).

Two adapters give the same verdict: :class:`GreatExpectationsJudge` states the promises as named expectations, and
:class:`PlainJudge` needs no package. Neither sees a value of the data subject: the evidence table holds names and
counts alone, and of the answer only type, success and error are read.

>>> line = Remaining("crm", "customer", "rows", remaining=1, kept=0)
>>> PlainJudge().judge([line], [("crm", "customer"), ("crm", "call")]).failures
('crm.call: not looked at', 'crm.customer: rows')
"""

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import astuple, fields
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from data_contracts.case.plan import Remaining, TablePath, Verdict
from data_contracts.errors import StepFailed

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent.interfaces import Batch

__all__ = ["GreatExpectationsJudge", "PlainJudge", "great_expectations", "is_error"]

_NO_PROOF = "proof: empty"
_COLUMNS = tuple(field.name for field in fields(Remaining))
_NEVER_NULL = ("system", "table", "check", "remaining", "kept")


class PlainJudge:
    """Judges with nothing but Python; for places where half a second of imports is too much."""

    checker = "rightsflow plain judge 1"

    def judge(self, proof: Sequence[Remaining], expected: Sequence[TablePath]) -> Verdict:
        """The verdict over all lines; nothing expected or nothing looked at is never proven."""
        failures = _failures(proof, expected)
        return Verdict(proven=not failures, failures=failures, checker=self.checker)


class GreatExpectationsJudge:
    """Judges with Great Expectations; each call has a context of its own.

    The package is imported inside the call (some seconds and 250 MB, once a process), so that only a process that
    proves an erasure pays for it. A context shared between threads gives false passes; see the source.

    Source: https://github.com/great-expectations/great_expectations/issues/12209
    """

    def judge(self, proof: Sequence[Remaining], expected: Sequence[TablePath]) -> Verdict:
        """The verdict over all lines; nothing expected or nothing looked at is never proven.

        Raises:
            StepFailed: when an expectation could not be evaluated; trying again does not help.
        """
        checker = f"great-expectations {great_expectations().__version__}"
        if not proof or not expected:
            return Verdict(proven=False, failures=_failures(proof, expected), checker=checker)
        failed = _failed_expectations(proof, expected)
        # The expectations decide; the lines only give the places their names.
        failures = _failures(proof, expected) if failed else ()
        return Verdict(proven=not failed, failures=failures or failed, checker=checker)


def _failures(proof: Sequence[Remaining], expected: Sequence[TablePath]) -> tuple[str, ...]:
    """Every broken promise with its place, sorted, each once."""
    if not proof or not expected:
        return (_NO_PROOF,)
    seen = {(line.system, line.table) for line in proof}
    unseen = {f"{system}.{table}: not looked at" for system, table in expected if (system, table) not in seen}
    wrong = {f"{line.system}.{line.table}: {line.check}" for line in proof if not _is_kept(line)}
    return tuple(sorted(unseen | wrong))


def _is_kept(line: Remaining) -> bool:
    whole = all(getattr(line, name) is not None for name in _NEVER_NULL)
    return whole and line.remaining == line.kept


def _failed_expectations(proof: Sequence[Remaining], expected: Sequence[TablePath]) -> tuple[str, ...]:
    """Names of expectations that do not hold, in the order of the promises."""
    results = _validate(proof, expected)
    return tuple(f"evidence: {result['expectation_config']['type']}" for result in results if not _holds(result))


def _holds(result: dict[str, Any]) -> bool:
    """Whether an expectation holds; type, success and error are all that is read of its document (law 1).

    Raises:
        StepFailed: when it could not be evaluated, which the document also calls ``success: false``.
    """
    if is_error(result["exception_info"]):
        raise StepFailed(
            "an expectation on the proof of erasure could not be evaluated",
            where=str(result["expectation_config"]["type"]),
            remedy="check the installed great-expectations against requirements.lock, then resume",
        )
    return bool(result["success"])


def is_error(info: dict[str, Any]) -> bool:
    """Whether an expectation broke; the package tells it at the top or, for a metric, one level deeper."""
    deeper = (entry.get("raised_exception") for entry in info.values() if isinstance(entry, dict))
    return bool(info.get("raised_exception")) or any(deeper)


def _validate(proof: Sequence[Remaining], expected: Sequence[TablePath]) -> list[dict[str, Any]]:
    gx = great_expectations()
    gxe = gx.expectations
    complete = gxe.ExpectColumnDistinctValuesToContainSet(column="place", value_set=sorted({*map(_place, expected)}))
    whole = [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in _NEVER_NULL]
    kept = gxe.ExpectColumnPairValuesToBeEqual(column_A="remaining", column_B="kept", ignore_row_if="neither")
    suite = gx.ExpectationSuite(name="erasure", expectations=[complete, *whole, kept])
    result = _batch(proof).validate(suite, result_format="BOOLEAN_ONLY")
    return [entry.to_json_dict() for entry in result.results]


def _batch(proof: Sequence[Remaining]) -> "Batch":
    """The evidence table as a batch of an ephemeral context that nobody else holds."""
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415  # comes with it, as heavy; ships no types

    context = great_expectations().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    frame = pd.DataFrame([astuple(line) for line in proof], columns=list(_COLUMNS))
    frame["place"] = [_place((line.system, line.table)) for line in proof]
    asset = context.data_sources.add_pandas("evidence").add_dataframe_asset("proof")
    whole: BatchDefinition[Any] = asset.add_batch_definition_whole_dataframe("all")
    return whole.get_batch(batch_parameters={"dataframe": frame})


@cache
def great_expectations() -> ModuleType:
    """The package, imported once, without its own deprecation warnings and its INFO lines.

    One INFO line for each context would tell a path of this machine.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations.expectations  # noqa: PLC0415  # seconds and megabytes: see GreatExpectationsJudge
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    return great_expectations


def _place(path: TablePath) -> str:
    """A table's path as one text that no other path gives, whatever dots its names hold."""
    return json.dumps(path)
