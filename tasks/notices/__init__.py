"""What the data subject is told: mails, letters, links, packages (Art. 12)."""
