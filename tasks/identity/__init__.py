"""Who asks: proof of identity, and of the right to act for somebody (law 4)."""
