"""Connections to a SQL database, and what its errors mean."""
