"""Proof of identity by software: what came over the wire is noted, and the case's flow carries on with it (Art. 12(6)).

A link to the address we hold (:mod:`tasks.identity.link`), a sign-in to the client space
(:mod:`tasks.identity.client_space`), or knowledge of what only the data subject and we know
(:mod:`tasks.identity.facts`). Each proves some keys and an address: from then on the case searches by these keys alone,
and answers to that address alone (law 4).

Who denies a request is known to us: the case would tell its requester so, and that what they typed is known, if it
changed. So a denial changes nothing that they can see: the case waits, and ends, as one whose proof never comes. What
proves the mailbox that denied it, or a key of it, counts for nothing from then on.
"""

from collections.abc import Sequence
from typing import Final

from data_contracts.case.request import ProvenSubject
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import Requester
from tasks.case.clock import IDENTITY, day_of
from tasks.case.sealed import PROVEN, REQUEST, read_json, typed_request, write_json
from tasks.gates.identity_ways import ways_of
from tasks.identity.conclude import Conclusion, conclude_identity
from tasks.identity.proofs import SHOWN_ON, WAYS, proof_step, proven_by, shown_on
from tasks.identity.verify import DENIED, LINK
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

_SHOWN: Final = "shown."
"""How names in the vault begin of who a proof showed the data subject to be."""


def accepted_ways(case_id: str) -> Sequence[str]:
    """Ways of proving identity by software that the case accepts now; none once identity was decided."""
    provided = services()
    case = provided.register.case(case_id)
    if case.outcome or case.is_ended or not provided.vault.has(case_id, REQUEST) or not _is_waiting(case_id):
        return ()
    if typed_request(case_id).statement.requester is not Requester.SUBJECT:
        return ()
    return [way for way in ways_of(case_id) if way in WAYS]


def require_waiting(case_id: str) -> None:
    """That the case still waits for a proof.

    Raises:
        RequestInvalid: when it does not.
    """
    if not _is_waiting(case_id):
        what = "this request does not wait for a confirmation any more"
        raise RequestInvalid(what, where="link", remedy="see on its status page where it stands")


def note_proof(case_id: str, way: str, proven: ProvenSubject, *, by: str) -> None:
    """Note who was proven, in which way; the flow carries on with it, unless its owner denied the request."""
    if _is_denied_by(case_id, proven):
        return  # as if it were taken in: nobody learns that it was denied
    write_json(case_id, f"{_SHOWN}{way}", proven.model_dump())
    facts: Facts = {"method": way, "by": by}
    day = day_of(services().now()).isoformat()
    name = proof_step(way)
    services().register.complete(case_id, name, receipt={SHOWN_ON: day}, record=Record(name, "", facts))


def note_denial(case_id: str, *, by: str) -> None:
    """Note that the data subject did not make this request; the case goes on waiting as if nobody had answered."""
    day = day_of(services().now()).isoformat()
    services().register.complete(case_id, DENIED, receipt={"on": day}, record=Record(DENIED, "", {"by": by}))


def waits_for_settling(case_id: str) -> bool:
    """Whether a proof came that the flow has not taken in yet."""
    return _is_open(case_id) and bool(proven_by(case_id))


@step("settle proof", watched=always)
def settle_proof(case_id: str) -> None:
    """Carry on by a proof that came over the wire, unless identity was decided meanwhile."""
    if not waits_for_settling(case_id):
        return
    way = proven_by(case_id)
    shown = read_json(case_id, f"{_SHOWN}{way}")
    proven = ProvenSubject.model_validate(shown)
    write_json(case_id, PROVEN, shown)
    conclude_identity(
        case_id,
        Conclusion(
            cause=way,
            on=shown_on(case_id, way),
            method=way,
            identity=proven.identity,
            parts=(PROVEN,),
            facts={"not_proven": list(proven.dropped)},
        ),
    )


def _is_open(case_id: str) -> bool:
    return not is_done(case_id, IDENTITY)


def _is_waiting(case_id: str) -> bool:
    return _is_open(case_id) and not proven_by(case_id)


def _is_denied_by(case_id: str, proven: ProvenSubject) -> bool:
    """Whether the mailbox that was proven, or whoever holds one of the keys, said that it was not them."""
    if not is_done(case_id, DENIED):
        return False
    denied = ProvenSubject.model_validate(read_json(case_id, LINK))
    return proven.address == denied.address or bool(_keys(proven) & _keys(denied))


def _keys(proven: ProvenSubject) -> set[tuple[str, str]]:
    return {(kind, value) for kind, values in proven.identity.items() for value in values}
