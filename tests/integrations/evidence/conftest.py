"""A signed chain of six records, as the register would have written it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.evidence.records import NO_RECORD, Record, digest, head_statement, record_statement
from integrations.evidence import Ed25519Signer, Export, load_or_create

CASE = "C-7K3M-9QXT"
STEPS = ("received", "acknowledge", "verify_identity", "locate", "plan", "approve")
_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_chain(signer: Ed25519Signer, *, case_id: str = CASE, steps: tuple[str, ...] = STEPS) -> Export:
    """A whole chain with its head and public key."""
    envelopes, last = [], NO_RECORD
    for seq, step in enumerate(steps):
        record = Record(step=step, system="crm", facts={"rows": seq, "note": "é"})
        payload = record_statement(record, case_id=case_id, seq=seq, previous=last, at=_AT)
        envelopes.append(signer.sign(payload))
        last = digest(payload)
    head = signer.sign(head_statement(case_id=case_id, count=len(steps), last=last, at=_AT))
    return Export(case_id, envelopes, head, {signer.keyid: signer.public_key})


def without(chain: Export, *places: int) -> Export:
    """The chain without the records at those places."""
    return replace(chain, envelopes=[one for place, one in enumerate(chain.envelopes) if place not in places])


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Ed25519Signer:
    """A signer with a key of its own."""
    return load_or_create(tmp_path_factory.mktemp("evidence-keys"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Ed25519Signer:
    """A signer whom nobody trusts."""
    return load_or_create(tmp_path_factory.mktemp("stranger-keys"))


@pytest.fixture(scope="session")
def chain(signer: Ed25519Signer) -> Export:
    """A whole chain."""
    return a_chain(signer)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder for keys."""
    return tmp_path / "keys"
