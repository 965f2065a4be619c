"""From a selection to the statements that ask for its rows."""
