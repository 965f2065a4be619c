"""Whether what was ordered is done: judge, witness, rehearsal (laws 7, 13)."""
