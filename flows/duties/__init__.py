"""What the controller does unasked: retention, audits, incidents, dossiers, reports, canaries."""
