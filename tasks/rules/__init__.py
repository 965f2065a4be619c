"""Pure decisions of law: no I/O, no engine, no logger, no clock. ``now`` is an argument."""
