"""A flow that asks, with nothing of ours in it: what Prefect does at its corners."""
