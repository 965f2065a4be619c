"""What a live SQL database is: tables, columns, types, and what hides data in it."""
