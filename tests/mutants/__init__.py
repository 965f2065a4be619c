"""Mutation testing: one place of the code is changed, and the tests that run it must fail (docs/build/mutants.md)."""
