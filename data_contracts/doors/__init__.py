"""What passes through the doors: site, desk, mailbox, APIs, the door in front of Prefect."""
