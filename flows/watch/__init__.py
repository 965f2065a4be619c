"""Nothing sleeps: the sweep, the look at every open case, the outbox, checkpoints."""
