"""What every step needs of its case: sealed parts, clock, plan, keys, warnings."""
