"""What an operator does with a case, once, for desk and command line."""
