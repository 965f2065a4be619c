"""The log of all cases, and the time stamps of its checkpoints."""
