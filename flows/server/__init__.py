"""This machine: what `rightsflow up` stands on."""
