"""Made-up people: planted, found, changed and erased, to try a system (law 7)."""
