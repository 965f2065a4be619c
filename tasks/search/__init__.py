"""Where the data subject's data are: the search, and what it must leave out (laws 6, 8)."""
