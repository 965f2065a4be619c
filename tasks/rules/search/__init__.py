"""Rules of the search: routes, traversal, whose a row is, what a live schema forbids."""
