"""The tree of the log against the words of RFC 6962, for every size from 0 to 130."""

import hashlib
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.evidence.merkle import (
    EMPTY_ROOT,
    Roof,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root_by_inclusion,
)

LARGEST: Final = 130
LEAVES: Final = tuple(f"leaf {number}".encode() for number in range(LARGEST))
SIZES: Final = range(LARGEST + 1)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    cut = largest(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:cut]) + naive_root(leaves[cut:])).digest()


def naive_path(place: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    cut = largest(len(leaves))
    if place < cut:
        return [*naive_path(place, leaves[:cut]), naive_root(leaves[cut:])]
    return [*naive_path(place - cut, leaves[cut:]), naive_root(leaves[:cut])]


def naive_growth(old: int, leaves: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if old == len(leaves):
        return [] if is_whole else [naive_root(leaves)]
    cut = largest(len(leaves))
    if old <= cut:
        return [*naive_growth(old, leaves[:cut], is_whole=is_whole), naive_root(leaves[cut:])]
    return [*naive_growth(old - cut, leaves[cut:], is_whole=False), naive_root(leaves[:cut])]


def largest(count: int) -> int:
    """The largest power of two smaller than the count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


ROOTS: Final = {size: naive_root(LEAVES[:size]) for size in SIZES}


def span(start: int, end: int) -> bytes:
    """The hash over leaves, by the words of the RFC."""
    return naive_root(LEAVES[start:end])


def test_every_root_is_that_of_the_rfc() -> None:
    """A tree that grows leaf by leaf has the root of the whole at each size."""
    roof, roots = Roof(), {0: Roof().root()}
    for leaf in LEAVES:
        roof.add(leaf_hash(leaf))
        roots[roof.size] = roof.root()

    assert roots == ROOTS
    assert ROOTS[0] == EMPTY_ROOT


def test_parts_that_become_whole_are_told_with_their_places() -> None:
    """Each is the hash over the leaves that its place says."""
    roof = Roof(start=64)
    made = [node for leaf in LEAVES[64:128] for node in roof.add(leaf_hash(leaf))]

    assert len(made) == 127
    assert all(node.hash == span(node.place << node.level, (node.place + 1) << node.level) for node in made)


def test_parts_can_be_added_whole() -> None:
    """Two parts of 64 leaves and two leaves make the tree of 130."""
    roof = Roof()
    for start in (0, 64):
        roof.add(span(start, start + 64), level=6)
    for leaf in LEAVES[128:]:
        roof.add(leaf_hash(leaf))

    assert (roof.size, roof.root()) == (130, ROOTS[130])


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_is_that_of_the_rfc(size: int) -> None:
    """For each leaf of each size the proof is the RFC's, and leads to the root."""
    for place in range(size):
        proof = inclusion_proof(place, size, span)

        assert proof == naive_path(place, LEAVES[:size])
        assert root_by_inclusion(leaf_hash(LEAVES[place]), place, size, proof) == ROOTS[size]


@pytest.mark.parametrize("size", SIZES)
def test_every_consistency_proof_is_that_of_the_rfc(size: int) -> None:
    """From each earlier size the proof is the RFC's, and is accepted."""
    for old in range(size + 1):
        proof = consistency_proof(old, size, span)

        assert proof == (naive_growth(old, LEAVES[:size]) if old else [])
        assert is_consistent((old, ROOTS[old]), (size, ROOTS[size]), proof)


@given(data=st.data())
def test_no_other_tree_is_consistent(data: st.DataObject) -> None:
    """A root, a size or a hash of the proof that is another is refused."""
    new = data.draw(st.integers(1, LARGEST))
    old = data.draw(st.integers(1, new))
    proof, strange = consistency_proof(old, new, span), hashlib.sha256(b"strange").digest()
    place = data.draw(st.integers(0, len(proof)))
    first, second = (old, ROOTS[old]), (new, ROOTS[new])

    assert not is_consistent((old, strange), second, proof)
    assert not is_consistent(first, (new, strange), proof)
    assert not is_consistent(first, second, [*proof[:place], strange, *proof[place:]])
    assert not is_consistent(first, second, [strange if at == place else one for at, one in enumerate([*proof, b""])])
    if proof:
        assert not is_consistent(first, second, proof[:-1])


@given(data=st.data())
def test_no_other_leaf_is_included(data: st.DataObject) -> None:
    """Another leaf, place or proof does not lead to the root."""
    size = data.draw(st.integers(2, LARGEST))
    place = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != place))
    proof, leaf = inclusion_proof(place, size, span), leaf_hash(LEAVES[place])

    assert root_by_inclusion(leaf_hash(LEAVES[other]), place, size, proof) != ROOTS[size]
    for wrong in (proof[:-1], [*proof, leaf]):
        with pytest.raises(ValueError, match="too"):
            root_by_inclusion(leaf, place, size, wrong)


def test_what_never_was_has_no_proof() -> None:
    """A leaf behind the end, and a tree that was larger before."""
    for place in (-1, 5):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(place, 5, span)
        with pytest.raises(ValueError, match="no such leaf"):
            root_by_inclusion(b"", place, 5, [])
    for old in (-1, 6):
        with pytest.raises(ValueError, match="fewer"):
            consistency_proof(old, 5, span)
        assert not is_consistent((old, ROOTS[5]), (5, ROOTS[5]), [])


def test_empty_tree_is_where_every_tree_began() -> None:
    """It needs no proof, and takes none."""
    assert is_consistent((0, EMPTY_ROOT), (5, ROOTS[5]), [])
    assert not is_consistent((0, ROOTS[1]), (5, ROOTS[5]), [])
    assert not is_consistent((0, EMPTY_ROOT), (5, ROOTS[5]), [ROOTS[1]])
    assert not is_consistent((5, ROOTS[5]), (5, ROOTS[5]), [ROOTS[1]])
    assert not is_consistent((3, ROOTS[3]), (5, ROOTS[5]), [])


def test_leaf_and_node_are_hashed_apart() -> None:
    """RFC 6962: so that no node is ever taken for a leaf (second preimage)."""
    assert node_hash(b"a" * 32, b"b" * 32) != leaf_hash(b"a" * 32 + b"b" * 32)
