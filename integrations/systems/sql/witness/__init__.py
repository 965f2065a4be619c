"""The witness of a SQL database: each column as text."""
