"""What web applications ask for, given by tasks: the other side of every door."""
