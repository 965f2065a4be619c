"""Drafts of contracts, proposed from what a live system shows or what Fides declares."""
