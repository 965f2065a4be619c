"""Contracts as files: ODCS documents, their reading, their checks, and drafts of them."""
