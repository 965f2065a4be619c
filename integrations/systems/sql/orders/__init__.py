"""From an order to the statements that change rows, tried first in a rehearsal."""
