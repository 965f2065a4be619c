"""A telecom operator with French and Belgian customers, made up from a seed, to try the software on."""

from integrations.demo.company import DemoCompany, DemoSubject, seed, seed_databases

__all__ = ["DemoCompany", "DemoSubject", "seed", "seed_databases"]
