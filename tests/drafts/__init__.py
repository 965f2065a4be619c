"""Schemas written down with what a person would declare of them, and drafts measured against it."""
