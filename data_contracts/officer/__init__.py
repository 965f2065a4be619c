"""What the data protection officer keeps and reads: registers, findings, incidents, reports, dossiers."""
