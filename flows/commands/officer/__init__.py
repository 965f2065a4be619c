"""Commands of the data protection officer."""
