"""Rules of canaries: which rows a made-up person has, and what became of them."""
