"""A flow run and its waiting: gates, forms, leases, turns, artifacts, wording."""
