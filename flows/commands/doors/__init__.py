"""Commands that serve pages, APIs and figures, and the keys of those who call."""
