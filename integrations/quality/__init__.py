"""Judges of evidence: whether what was counted proves what was done."""
