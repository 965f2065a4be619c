"""Text, dates and lists in one form, however they were typed: addresses, numbers, spreadsheets."""
