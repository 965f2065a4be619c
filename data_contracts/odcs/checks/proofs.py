"""Proofs of identity by software: what can be asked and what a sign-in says leads to what we hold (Art. 12(6))."""

from collections.abc import Iterator

from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ORGANISATION, POLICY, ContractSet, listed


def identity_facts(contracts: ContractSet) -> Iterator[Fault]:
    """A fact that can be asked for is a column with a label, of a table that a key of a request leads to."""
    facts, needed = contracts.policy.identity_facts, contracts.policy.identity_facts_needed
    if facts and len(facts) < needed:
        what, remedy = f"{needed} facts must fit, and {len(facts)} can be asked", "add facts, or lower the number"
        yield Fault(POLICY, "", "identity_facts_needed", what, remedy)
    columns = {f"{s.name}.{t.name}.{c.name}": (t, c) for s, t, c in contracts.columns()}
    for name in facts:
        table, column = columns.get(name, (None, None))
        if table is None or column is None:
            yield Fault(POLICY, "", "identity_facts", f"`{name}` is no column", "write it as system.table.column")
        elif not column.labels:
            yield Fault(POLICY, "", "identity_facts", f"`{name}` has no label to ask by", "add a label to the column")
        elif not any(other.identity for other in table.columns):
            what = f"no key of a request leads to the table of `{name}`"
            yield Fault(POLICY, "", "identity_facts", what, "choose a column beside one with `identity`")


def client_space(contracts: ContractSet) -> Iterator[Fault]:
    """Claims of a sign-in are identity kinds that a search can begin with (charter 2.2)."""
    space, kinds = contracts.organisation.client_space, contracts.vocabulary.identities
    for kind in space.keys if space else ():
        if kind not in kinds:
            what = f"a claim is `{kind}`, which is no identity kind"
            yield Fault(ORGANISATION, "", "client_space.keys", what, f"write one of: {listed(kinds)}")


def two_sign_ins(contracts: ContractSet) -> Iterator[Fault]:
    """Operators and data subjects sign in to different clients: a token of the one is none for the other."""
    space, own = contracts.organisation.client_space, contracts.organisation.operators_sign_in
    if space and own and (space.issuer, space.client_id) == (own.issuer, own.client_id):
        what = "operators and data subjects would sign in to one client"
        yield Fault(ORGANISATION, "", "operators_sign_in.client_id", what, "register a client of its own for operators")
