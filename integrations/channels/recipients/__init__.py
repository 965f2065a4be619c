"""Messages to recipients and processors (Art. 19, 28)."""
