"""Rules about others: recipients, processors, agents, senders of mail."""
