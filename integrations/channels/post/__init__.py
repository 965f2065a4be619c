"""Mail and letters to people."""
