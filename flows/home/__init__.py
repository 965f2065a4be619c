"""The home of an installation: its keys, its secrets, its copies, and whether it was put back."""
