"""Words, shapes, errors and ports that everything else is written against; it knows nothing of ours (Rightsflow)."""
