"""What an engineer does with contracts and credentials."""
