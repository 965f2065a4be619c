"""Rules of time: deadlines, pauses, extensions, turns, warnings (Art. 12(3))."""
