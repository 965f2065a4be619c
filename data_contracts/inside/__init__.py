"""Identities that lie inside a column's value: in JSON, XML, arrays and lists."""
