"""What the register keeps for the data protection officer, and its figures."""
