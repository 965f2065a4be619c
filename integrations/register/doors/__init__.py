"""Operators, passkeys, and keys of programs."""
