"""The door in front of Prefect's UI and API (docs/adr/0021)."""
