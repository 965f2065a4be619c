"""What the company says in its contracts: systems, tables, policy, vocabulary of data categories."""
