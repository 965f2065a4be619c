"""The answer package: one ZIP, streamed, for people and programs (Art. 15, 20)."""
