"""Marks of keys, and rows that the master key sealed."""
