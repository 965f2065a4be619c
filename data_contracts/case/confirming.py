"""The mark that only :mod:`tasks.case.plans` may put on a confirmation; import-linter keeps everybody else out."""

from typing import Final

MARK: Final = object()
"""Stands for: who makes this has read the receipts of an approved and confirmed plan in the register."""
