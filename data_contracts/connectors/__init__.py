"""What a connector is asked and answers: keys, selections, orders, rehearsals, witnesses (laws 6, 7, 13)."""
