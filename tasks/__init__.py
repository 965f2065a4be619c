"""One step each, named as the business names it; a task loads, decides or acts, records and returns (Rightsflow)."""
