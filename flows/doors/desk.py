"""The desk's door: what operators look at and decide on its pages, done by tasks; every look is remembered."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from data_contracts.case.case import Case
from data_contracts.case.documents import DocumentKind
from data_contracts.company.company import Organisation
from data_contracts.doors.desk import DeskCase, FreeText, ShownProof, TextDecision, Values, WaitingCase
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.evidence.records import Facts
from data_contracts.vocabulary import Gate, OperatorRole, Right
from flows.doors.arrivals import ArrivalsDoor
from flows.doors.deciding import DecidingDoor
from flows.doors.factors import FactorsDoor
from flows.doors.history import history_of
from flows.doors.officer import OfficersDoor
from flows.operator.changes import values_of
from flows.operator.texts import open_review
from flows.operator.verdict_facts import verdict_facts
from flows.runs.case_runs import wake_soon
from flows.runs.gates import opened
from flows.wiring import Installation
from tasks.case.clock import cases_standing_still, day_of, is_paused, pauses_of
from tasks.case.plans import planned
from tasks.case.sealed import REQUEST, typed_request
from tasks.gates.operators import Factor, prove_operator, sign_in
from tasks.gates.sessions import end_sessions, session_of
from tasks.gates.unsealing import Looker, Sealed, let_look
from tasks.identity.documents import RECORD
from tasks.identity.proofs import PREFIXES
from tasks.intake.filed_mails import filed_with
from tasks.officer.advice import advice_of, has_advice
from tasks.rules.act.reviewing import Reading
from tasks.rules.people.gates import check_in_force
from tasks.search.review import review_question, seal_readings, texts_of, to_read
from tasks.services import services, use

_PROOF: Final = "proof."
_SIGNS: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"%PDF-", "application/pdf"))
_DESK: Final = "desk"
_GATES: Final = {
    DocumentKind.IDENTITY: Gate.IDENTITY,
    DocumentKind.CAPACITY: Gate.REQUESTER,
    DocumentKind.RECTIFICATION: Gate.PROOF,
}


class OperatorsDoor:
    """An installation as signed-in operators may reach it, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._services = installation.services
        self.arrivals = ArrivalsDoor(installation)
        self.officer = OfficersDoor(installation)
        self.factors = FactorsDoor(installation)
        self.deciding = DecidingDoor(installation)

    @property
    def organisation(self) -> Organisation:
        """Who we are."""
        return self._services.organisation

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key."""
        return self._services.register.count_call(key, window, self._services.now())

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""
        self._services.register.uncount_call(key, window, self._services.now())

    def sign_in(self, name: str, password: str, code: str, *, caller: str) -> int:
        """Sign an operator in; the number of the session."""
        with use(self._services):
            sign_in(name, password, code, caller=caller)
            return session_of(name)

    def is_signed_in(self, name: str, session: int) -> bool:
        """Whether the session is the operator's, who is in force now."""
        register, now = self._services.register, self._services.now()
        try:
            check_in_force(register.operator(name), roles=tuple(OperatorRole), where=_DESK, now=now)
        except AnswerRefused:
            return False
        with use(self._services):
            return session == session_of(name)

    def sign_out(self, name: str) -> None:
        """End every session of the operator: the next one has another number."""
        with use(self._services):
            end_sessions(name)

    def waiting(self) -> Sequence[WaitingCase]:
        """Open cases, the one due first on top."""
        register = self._services.register
        gates: dict[str, list[str]] = defaultdict(list)
        for gate in register.gates(open_only=True):
            gates[gate.case_id].append(gate.gate.value)
        with use(self._services):
            still = {case.case_id for case in cases_standing_still()}
        return [
            _waiting(case, gates[case.case_id], is_paused=case.case_id in still)
            for case in register.cases(open_only=True)
        ]

    def case(self, case_id: str) -> DeskCase:
        """One case."""
        with use(self._services):
            register, vault = self._services.register, self._services.vault
            case, every = register.case(case_id), register.gates(case_id)
            gates = [gate for gate in every if gate.outcome is None]
            return DeskCase(
                case=_waiting(case, [gate.gate.value for gate in gates], is_paused=is_paused(case)),
                history=history_of(register.timeline(case_id), every),
                gates=tuple((gate.gate.value, gate.description) for gate in gates),
                texts=sum(to_read(case_id).values()) if any(gate.gate.value == "review" for gate in gates) else 0,
                proofs=tuple(name for name in vault.names(case_id) if name.startswith(_PROOF)),
                has_values=case.right is Right.RECTIFICATION and not case.is_ended and bool(planned(case_id)),
                has_letter=vault.has(case_id, REQUEST) and bool(typed_request(case_id).details.strip()),
                has_record=vault.has(case_id, RECORD),
                has_advice=has_advice(case_id),
                verdict=verdict_facts(case_id),
                received_on=day_of(case.received_at),
                is_extended=case.is_extended,
                mails=tuple((one.arrival, one.received_on, one.is_read) for one in filed_with(case_id)),
                pauses=tuple((pause.asked_on, pause.proved_on) for pause in pauses_of(case)),
            )

    def texts(self, case_id: str, operator: str) -> Sequence[FreeText]:
        """Texts that wait to be read; who looked is in evidence."""
        with use(self._services):
            open_review(case_id)
            let_look(case_id, Sealed.TEXTS, Looker(operator), facts={"texts": sum(to_read(case_id).values())})
            columns = [column for column, count in to_read(case_id).items() if count]
            return [FreeText(column, number, text) for column in columns for number, text in texts_of(case_id, column)]

    def decide_texts(self, case_id: str, decisions: Sequence[TextDecision], operator: str, code: Factor) -> None:
        """Seal what was decided, proven by a fresh code, and let the gate ask about it."""
        with use(self._services):
            who, proof = prove_operator(open_review(case_id), operator, code=code)
            readings: dict[str, list[tuple[int, Reading]]] = defaultdict(list)
            for one in decisions:
                readings[one.column].append((one.number, _reading(one)))
            seal_readings(case_id, readings, who.name, proof)
            opened(case_id, review_question(case_id))
            wake_soon(services().register.case(case_id))

    def values(self, case_id: str, operator: str) -> Values:
        """Old and new values of a rectification; who looked is in evidence."""
        with use(self._services):
            let_look(case_id, Sealed.VALUES, Looker(operator))
            return values_of(case_id)

    def letter(self, case_id: str, operator: str) -> str:
        """What the data subject wrote; who looked is in evidence."""
        with use(self._services):
            let_look(case_id, Sealed.LETTER, Looker(operator))
            return typed_request(case_id).details

    def advice(self, case_id: str, operator: str) -> Sequence[str]:
        """What the DPO advised, for whoever may approve; who looked is in evidence."""
        with use(self._services):
            let_look(case_id, Sealed.ADVICE, Looker(operator))
            return advice_of(case_id)

    def record(self, case_id: str, operator: str) -> ShownProof:
        """The scan of a letter; who looked is in evidence."""
        with use(self._services):
            let_look(case_id, Sealed.SCAN, Looker(operator))
            return self._shown(case_id, RECORD)

    def proof(self, case_id: str, name: str, operator: str) -> ShownProof:
        """Something that was shown as proof; who looked is in evidence."""
        with use(self._services):
            is_kept = name.startswith(_PROOF) and name in self._services.vault.names(case_id)
            facts: Facts = {"name": name if is_kept else ""}  # what a caller made up stands in no evidence
            let_look(case_id, Sealed.PROOF, Looker(operator), at=_gate_of(name), facts=facts)
            if not is_kept:
                raise RequestInvalid("no such proof is kept", where=case_id, remedy="look at the case again")
            return self._shown(case_id, name)

    def _shown(self, case_id: str, name: str) -> ShownProof:
        with self._services.vault.read(case_id, name) as blob:
            content = blob.read()
        kind = next((kind for sign, kind in _SIGNS if content.startswith(sign)), "application/octet-stream")
        return ShownProof(name, kind, content)


def _waiting(case: Case, gates: list[str], *, is_paused: bool) -> WaitingCase:
    return WaitingCase(
        case.case_id, case.right.value, case.state.value, case.response_due, is_paused, tuple(sorted(gates))
    )


def _gate_of(proof: str) -> Gate:
    """At which gate a document is looked at; of identity, unless its name says something else."""
    kind = next((kind for kind, prefix in PREFIXES.items() if proof.startswith(prefix)), DocumentKind.IDENTITY)
    return _GATES[kind]


def _reading(one: TextDecision) -> Reading:
    if one.decision not in {"release", "redact", "withhold"}:
        raise RequestInvalid("a text is not decided about", where=f"{one.column} {one.number}", remedy="choose")
    return Reading(one.decision, passages=one.passages)  # type: ignore[arg-type]  # one of the three
