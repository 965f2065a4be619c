"""What the data protection officer does, for desk and command line."""
