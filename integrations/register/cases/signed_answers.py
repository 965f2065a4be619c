"""Compares gates with the signed answers in the evidence of their case (law 5).

Each time somebody reads what was decided, the rows of the gate are compared with the records that were signed when
people answered. A record is verified once by its text, which is never another; the rows are read anew each time.
"""

import base64
import binascii
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.errors import DecisionUnproven
from data_contracts.evidence.chains import Signer
from data_contracts.gates.decided import DECISION_STEPS, SignedAnswer, decision_faults, signed_answer
from data_contracts.gates.gates import DecisionFault, GateEntry
from integrations.register.tables import tables

__all__ = ["faults_of", "require_proven"]

_REMEMBERED: Final = 4096
_E = tables.evidence.c
_RECORDS = sa.select(_E.envelope).where(_E.case_id == sa.bindparam("wanted")).order_by(_E.seq)
_BEGINS: Final = f'"step":"{DECISION_STEPS}'.encode()
"""How a decision's payload tells its step; the JSON that we sign has no blanks."""


class _Unsigned(Exception):
    """Not remembered, because the public key may come later."""


def require_proven(
    connection: Connection, entries: Sequence[GateEntry], every: Sequence[GateEntry], *, signer: Signer
) -> None:
    """That the answers and outcomes of gates are what was signed.

    Args:
        connection: the transaction in which they were read.
        entries: gates of one case that were answered, and that somebody will act on; one at least.
        every: gates of the same case, of the same kinds and subjects at least.
        signer: knows the keys of this installation.

    Raises:
        DecisionUnproven: when they are not.
    """
    concerned = {(entry.gate.value, entry.subject) for entry in entries}
    case_id = entries[0].case_id
    about = [entry for entry in every if (entry.gate.value, entry.subject) in concerned]
    for fault in faults_of(connection, case_id, about, signer=signer, concerned=concerned):
        raise DecisionUnproven(
            f"gate {fault.gate} does not count: {fault.what}",
            where=case_id,
            remedy=f"look at once with `rightsflow evidence verify {case_id}`; keep the database as it is, restore a "
            "backup and compare, and find out who wrote to it",
        )


def faults_of(
    connection: Connection,
    case_id: str,
    entries: Sequence[GateEntry],
    *,
    signer: Signer,
    concerned: Collection[tuple[str, str]] | None = None,
) -> Iterator[DecisionFault]:
    """What is wrong with gates of a case, of all kinds and subjects or of those ``concerned`` alone."""
    signed = [
        answer
        for answer in _signed_answers(connection, case_id, signer)
        if concerned is None or answer.question[:2] in concerned
    ]
    yield from decision_faults(case_id, entries, signed)


def _signed_answers(connection: Connection, case_id: str, signer: Signer) -> Iterator[SignedAnswer]:
    for (text,) in connection.execute(_RECORDS, {"wanted": case_id}):
        try:
            predicate = _decision(signer, text)
        except _Unsigned:
            continue  # `rightsflow evidence verify` names it; here it carries nothing
        answer = None if predicate is None else signed_answer(case_id, predicate)
        if answer is not None:
            yield answer


@lru_cache(maxsize=_REMEMBERED)
def _decision(signer: Signer, text: str) -> Mapping[str, Any] | None:
    """The predicate of a record that is a decision; None of any other record.

    Raises:
        _Unsigned: when no key of this installation signed it as it stands.
    """
    try:
        envelope = json.loads(text)
        if _BEGINS not in base64.b64decode(envelope["payload"]):
            return None
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error):
        raise _Unsigned from None
    predicate = signer.signed(envelope)
    if predicate is None:
        raise _Unsigned
    return predicate
