"""What is over its retention period, and what ends with it (Art. 5(1)(e))."""
