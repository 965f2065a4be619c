"""Cases in the register, and all that is kept of each."""
