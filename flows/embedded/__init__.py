"""The embedded PostgreSQL of a home: its programs, its files, and what leaves them."""
