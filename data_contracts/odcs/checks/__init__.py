"""Checks over a whole set of contracts: what each document alone cannot show.

One rule is one function from a :class:`~data_contracts.odcs.checks.subject.ContractSet` to the faults it finds. The
rules are listed, by what they look at, in :data:`data_contracts.odcs.checks.rules.RULES`.
"""
