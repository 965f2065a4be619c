"""Gates: who answers them, with which proof, and what is decided (law 5)."""
