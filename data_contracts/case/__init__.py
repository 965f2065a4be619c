"""A case from request to archive: its life, its plan, and what the register keeps of it."""
