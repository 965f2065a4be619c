"""Parts of an erasure: limits, pseudonyms, references, moved and pinned keys."""
