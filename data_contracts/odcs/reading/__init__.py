"""YAML read strictly: every mistake has its file and line."""
