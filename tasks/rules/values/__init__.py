"""Rules of values: what a column takes, and what takes the place of an erased value."""
