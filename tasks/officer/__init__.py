"""What is done for the data protection officer: audits, incidents, registers, dossiers, figures."""
