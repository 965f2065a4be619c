"""Rules of the data protection officer's work: audits, findings, incidents, statistics."""
