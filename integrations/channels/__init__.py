"""How we reach people: notices by mail or into an outbox, and the answer package."""
