"""What an audit looks into, and how grave is what it finds (charter 3.4)."""

from enum import StrEnum

__all__ = ["Area", "Severity"]


class Area(StrEnum):
    """What an audit looks into; each is looked at completely or not at all."""

    SCHEMA = "schema"
    """Live schemas against contracts, by system (charter 1.3)."""
    VALUES = "values"
    """Live values against the contract's rules for them, by system (Art. 5(1)(d); charter 1.3)."""
    RETENTION = "retention"
    """Rows long over their period, by system (Art. 5(1)(e); charter 4.2)."""
    ERASURES = "erasures"
    """Rows of people who were erased and that are back, by system (Art. 17)."""
    NOTICES = "notices"
    """Information notices of tables, by system (Art. 13, 14; charter 1.1)."""
    DPIAS = "dpias"
    """Impact assessments, by system (Art. 35; charter 7c)."""
    CANARIES = "canaries"
    """A made-up person who is found, changed and erased, by system (Art. 32(1)(d))."""
    PURPOSES = "purposes"
    """Words for purposes in each language (Art. 12(1), 13(1)(c); charter 1.2)."""
    RECIPIENTS = "recipients"
    """Who still receives (Art. 28(1); charter 2.3, 3.5)."""
    TRAINING = "training"
    """Who decides without having been made aware (Art. 39(1)(b); charter 3.3)."""
    EVIDENCE = "evidence"
    """Chains of evidence of all cases and runs (Art. 5(2))."""
    CASES = "cases"
    """Cases past their day, gates nobody answers (Art. 12(3))."""


class Severity(StrEnum):
    """How much it matters, from the most to the least."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
