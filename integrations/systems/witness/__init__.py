"""What every witness needs: a look for keys as raw bytes, wherever they lie (law 7)."""
