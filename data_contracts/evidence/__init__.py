"""Evidence: records, the log of all cases, its proofs and time stamps (law 9)."""
