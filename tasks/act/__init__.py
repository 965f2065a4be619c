"""What carrying out a right does, one module per right."""
