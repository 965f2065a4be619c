"""A changed, removed or moved record is named (law 9)."""

import base64
import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from integrations.evidence import Ed25519Signer, Export, Fault, Finding, verify_chain
from tests.integrations.evidence.conftest import STEPS, a_chain, without


def findings(chain: Export, signer: Ed25519Signer) -> list[tuple[Fault, int | None]]:
    """What is wrong, and with which record."""
    return [(one.fault, one.seq) for one in told(chain, signer)]


def told(chain: Export, signer: Ed25519Signer) -> tuple[Finding, ...]:
    """The findings of a verification that trusts ``signer`` alone."""
    keys = {signer.keyid: signer.public_key}
    return verify_chain(chain.case_id, chain.envelopes, chain.head, keys=keys).findings


def with_payload(envelope: Mapping[str, object], old: bytes, new: bytes) -> dict[str, object]:
    """The envelope with other bytes in its payload, and the signature it had."""
    payload = base64.b64decode(str(envelope["payload"]))
    assert old in payload
    return {**envelope, "payload": base64.b64encode(payload.replace(old, new)).decode()}


def exchanged(chain: Export, changes: Mapping[int, Any]) -> Export:
    """The chain with other envelopes at those places."""
    return replace(chain, envelopes=[changes.get(place, one) for place, one in enumerate(chain.envelopes)])


def test_a_whole_chain_has_nothing_wrong(chain: Export, signer: Ed25519Signer) -> None:
    """An untouched chain verifies, and says by whose key."""
    verified = verify_chain(chain.case_id, chain.envelopes, chain.head, keys={signer.keyid: signer.public_key})

    assert verified.is_whole
    assert (verified.records, verified.keyids) == (6, (signer.keyid,))


@pytest.mark.parametrize("place", range(6))
def test_a_changed_record_is_named(chain: Export, signer: Ed25519Signer, place: int) -> None:
    """One byte of a record changed: that record is named with its step, and no other."""
    changed = with_payload(chain.envelopes[place], b'"rows":%d' % place, b'"rows":9')

    (finding,) = told(exchanged(chain, {place: changed}), signer)

    assert (finding.fault, finding.seq, finding.step) == (Fault.CHANGED, place, STEPS[place])
    assert str(finding).startswith(f"record {place} ({STEPS[place]}): changed")


@pytest.mark.parametrize("place", range(6))
def test_a_removed_record_is_named(chain: Export, signer: Ed25519Signer, place: int) -> None:
    """First, middle or last: the record that is missing is named, and no other."""
    assert findings(without(chain, place), signer) == [(Fault.REMOVED, place)]


def test_a_removed_record_is_told_by_its_neighbours(chain: Export, signer: Ed25519Signer) -> None:
    """Its own step cannot be known any more; where it stood can."""
    (finding,) = told(without(chain, 2), signer)

    assert str(finding) == "record 2: removed: it stood after record 1 (acknowledge) and before record 3 (locate)"


def test_two_swapped_records_are_named(chain: Export, signer: Ed25519Signer) -> None:
    """Both records that changed places are named."""
    swapped = exchanged(chain, {1: chain.envelopes[4], 4: chain.envelopes[1]})

    assert findings(swapped, signer) == [(Fault.REORDERED, 1), (Fault.REORDERED, 4)]


def test_a_duplicated_record_is_named(chain: Export, signer: Ed25519Signer) -> None:
    """A record that is there twice is named once."""
    doubled = replace(chain, envelopes=[*chain.envelopes, chain.envelopes[2]])

    assert findings(doubled, signer) == [(Fault.DUPLICATED, 2)]


def test_everything_wrong_is_told(chain: Export, signer: Ed25519Signer) -> None:
    """The search does not stop at the first fault."""
    changed = with_payload(chain.envelopes[1], b"crm", b"erp")
    broken = replace(without(exchanged(chain, {1: changed}), 3), head=None)

    assert findings(broken, signer) == [(Fault.CHANGED, 1), (Fault.REMOVED, 3), (Fault.HEAD_MISSING, None)]


def test_a_record_that_lies_about_its_number_is_named(chain: Export, signer: Ed25519Signer) -> None:
    """A number that nobody signed is not believed, however large."""
    changed = with_payload(chain.envelopes[1], b'"seq":1', b'"seq":1000000000000')

    assert findings(exchanged(chain, {1: changed}), signer) == [(Fault.CHANGED, 1)]


def test_a_record_signed_by_a_stranger_is_named(chain: Export, signer: Ed25519Signer, stranger: Ed25519Signer) -> None:
    """A record that was signed anew by someone else is not ours."""
    foreign = stranger.sign(base64.b64decode(str(chain.envelopes[3]["payload"])))

    assert findings(exchanged(chain, {3: foreign}), signer) == [(Fault.FOREIGN_KEY, 3)]


def test_a_whole_chain_by_a_stranger_is_foreign(signer: Ed25519Signer, stranger: Ed25519Signer) -> None:
    """A forger with a key of his own makes no evidence of ours."""
    faults = {fault for fault, _ in findings(a_chain(stranger), signer)}

    assert faults == {Fault.FOREIGN_KEY, Fault.HEAD_FORGED}


def test_a_strangers_signature_under_our_keyid_is_noticed(
    chain: Export, signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    """A keyid is a name, not a proof."""
    forged = copy.deepcopy(stranger.sign(base64.b64decode(str(chain.envelopes[3]["payload"]))))
    forged["signatures"][0]["keyid"] = signer.keyid  # type: ignore[index]  # JSON

    assert findings(exchanged(chain, {3: forged}), signer) == [(Fault.CHANGED, 3)]


def test_a_record_of_another_case_is_named(chain: Export, signer: Ed25519Signer) -> None:
    """A genuine record of another case does not fill a gap."""
    other = a_chain(signer, case_id="C-2222-2222")

    mixed = exchanged(chain, {3: other.envelopes[3]})

    assert findings(mixed, signer) == [(Fault.OTHER_CASE, 3), (Fault.REMOVED, 3)]


def test_a_record_exchanged_for_another_signed_one_is_noticed(chain: Export, signer: Ed25519Signer) -> None:
    """Two histories of one case, both signed, cannot be mixed."""
    other = a_chain(signer, steps=("received", "acknowledge", "refuse"))

    mixed = exchanged(chain, {2: other.envelopes[2]})

    assert findings(mixed, signer) == [(Fault.UNLINKED, 3)]


def test_an_older_head_is_noticed(chain: Export, signer: Ed25519Signer) -> None:
    """A head that knows fewer records than there are is not the chain's."""
    older = a_chain(signer, steps=STEPS[:3]).head

    assert findings(replace(chain, head=older), signer) == [(Fault.HEAD_MISMATCH, None)]


def test_a_head_of_another_history_is_noticed(chain: Export, signer: Ed25519Signer) -> None:
    """A head of the right length names another last record."""
    other = a_chain(signer, steps=(*STEPS[:5], "refuse")).head

    assert findings(replace(chain, head=other), signer) == [(Fault.HEAD_MISMATCH, None)]


def test_a_head_of_another_case_is_noticed(chain: Export, signer: Ed25519Signer) -> None:
    """A head belongs to its case."""
    other = a_chain(signer, case_id="C-2222-2222").head

    assert findings(replace(chain, head=other), signer) == [(Fault.HEAD_MISMATCH, None)]


def test_a_changed_head_is_noticed(chain: Export, signer: Ed25519Signer) -> None:
    """A head that was adapted to a cut chain is not what was signed."""
    assert chain.head is not None
    adapted = with_payload(chain.head, b'"count":6', b'"count":5')

    assert findings(replace(without(chain, 5), head=adapted), signer) == [(Fault.HEAD_FORGED, None)]


def test_a_record_does_not_serve_as_a_head(chain: Export, signer: Ed25519Signer) -> None:
    """What was signed as one kind of statement is not taken for the other."""
    assert (Fault.HEAD_FORGED, None) in findings(replace(chain, head=chain.envelopes[-1]), signer)


@pytest.mark.parametrize("envelope", [None, 1, [], {}, {"payload": "x"}, "text", json.loads("[[[]]]")])
def test_what_is_no_envelope_is_a_finding(chain: Export, signer: Ed25519Signer, envelope: object) -> None:
    """Whatever stands in a record's place, it is named and nothing breaks."""
    assert findings(exchanged(chain, {2: envelope}), signer) == [(Fault.CHANGED, 2)]


def test_what_a_cut_chain_with_its_old_head_shows_is_nothing(signer: Ed25519Signer) -> None:
    """A limit that docs/prove/evidence.md names: a chain cut back together with an older genuine head looks whole."""
    assert findings(a_chain(signer, steps=STEPS[:3]), signer) == []
