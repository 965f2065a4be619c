"""Measures of the engine, each beside a floor that is measured in the same run: ``python -m tests.benchmarks``."""
