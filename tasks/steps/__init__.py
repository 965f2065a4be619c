"""A step of a case: claimed in the register, carried out once, in a flow run and outside one (law 3)."""
