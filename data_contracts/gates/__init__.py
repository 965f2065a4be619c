"""Gates: questions to people, their signed answers, the operators who give them (law 5)."""
