"""What tasks ask of the world, as protocols; adapters are in ``integrations``."""
