"""Order and time: one flow per right, the life of a request, and the composition root (Rightsflow)."""
