"""The operators' desk: what must not be shown in Prefect. Gates stay in the Prefect UI."""
