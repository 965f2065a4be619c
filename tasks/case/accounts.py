"""What people were shown of accounts at the gate ``subjects``, and what their answers mean for a search.

What they were shown is sealed as ``subjects.<digest>``, beside the gate of that digest; the gate's own text shows
numbers and masked keys alone.
"""

from collections.abc import Mapping

from data_contracts.evidence.records import canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import Decision, Gate
from tasks.case.parts import lost
from tasks.case.sealed import read_json, subject_request, write_json
from tasks.rules.search.accounts import Admission, Said, Shown, admission
from tasks.services import services
from tasks.steps.ledger import is_done

_ANSWERED = frozenset({Decision.ALL, Decision.NAMED, Decision.CHOSEN})
_SHOWN_DIGITS = 32


def admission_of(case_id: str) -> Admission | None:
    """What people answered about accounts; None while nobody was asked."""
    said = [one for one, _ in _answers(case_id)]
    return admission(said, proven_forms(case_id)) if said else None


def said_about_accounts(case_id: str) -> str:
    """Names what people have answered about accounts so far: the same answers, the same name; empty for none."""
    said = [[one.decision.value, one.reference, name] for one, name in _answers(case_id)]
    return digest(canonical(said)) if said else ""


def proven_forms(case_id: str) -> Mapping[str, frozenset[str]]:
    """Normal forms of the keys that were proven, by kind."""
    contracts = services().contracts
    kinds, region = contracts.vocabulary.identities, contracts.vocabulary.company.country
    return {
        kind: frozenset(form for value in values if (form := normal_form(kinds[kind].normalise, value, region)))
        for kind, values in subject_request(case_id).identity.items()
    }


def seal_shown(case_id: str, question_digest: str, shown: Shown) -> None:
    """Keep what people are shown at the gate of that digest."""
    plain = [list(map(list, shown.accounts)), list(shown.proven), list(map(list, shown.mentioned))]
    write_json(case_id, _name(question_digest), plain)


def shown_at(entry: GateEntry) -> Shown | None:
    """What people are shown at a gate ``subjects``; None at another gate, and where it was never sealed."""
    name = _name(entry.digest)
    if entry.gate is not Gate.SUBJECTS or not services().vault.has(entry.case_id, name):
        return None
    accounts, proven, mentioned = read_json(entry.case_id, name)
    pairs = [tuple((kind, value) for kind, value in items) for items in (accounts, mentioned)]
    return Shown(pairs[0], tuple(proven), pairs[1])


def _answers(case_id: str) -> list[tuple[Said, str]]:
    """Answers that let a search go on, oldest first, each with the digest of its question."""
    gates = [g for g in services().register.gates(case_id, kind=Gate.SUBJECTS) if g.outcome in _ANSWERED]
    found = []
    for gate in gates:
        shown = shown_at(gate)
        if shown is None and is_done(case_id, "locate"):
            raise lost(case_id, _name(gate.digest))
        if shown is not None and gate.outcome is not None:
            found.append((Said(shown, gate.outcome, _reference(gate)), gate.digest))
    return found


def _reference(gate: GateEntry) -> str:
    """The accounts that all who chose named: what one of them left out is left out."""
    chosen = [set(answer.reference.split()) for answer in gate.answers if answer.decision is gate.outcome]
    return " ".join(sorted(set.intersection(*chosen))) if chosen else ""


def _name(question_digest: str) -> str:
    return f"subjects.{question_digest[:_SHOWN_DIGITS]}"
