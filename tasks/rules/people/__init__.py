"""Rules about people: assurance, eligibility, gates, refusals, who may act for whom."""
