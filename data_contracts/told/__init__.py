"""What others are told: notices to people, messages to recipients, transfers to controllers."""
