"""Reports for the data protection officer and the authority, as pages and PDF."""
