"""Recipients of personal data: who they are, what they are told, what they received (Art. 19)."""
