"""Rules of acts: what is erased, kept, changed, restricted, disclosed, and in which order."""
