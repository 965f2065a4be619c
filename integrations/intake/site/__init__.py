"""The intake site: what the rights are, a form for each, a receipt, and where a case stands (charter P3, 5.1, 8)."""
