"""Mutation testing: the code is changed in one place, and the tests that run the place must fail (docs/mutants.md)."""
