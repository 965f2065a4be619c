"""A Merkle tree that only grows: its root, and the proofs that something is in it and that nothing was taken out.

Free of I/O. Leaves are numbered 0, 1, 2, … A tree of ``size`` leaves is cut at the largest power of two below ``size``,
so that the left part of every cut is *complete* and never changes again. A complete part of ``2 ** level`` leaves is
the node ``(level, place)``: it holds the leaves from ``place * 2 ** level`` on.

Whoever keeps a tree gives hashes by a :data:`Span`: the hash over the leaves ``[start, end)``.

    >>> roof = Roof()
    >>> for word in (b"a", b"b", b"c"):
    ...     _ = roof.add(leaf_hash(word))
    >>> left = node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    >>> roof.root() == node_hash(left, leaf_hash(b"c"))
    True

Source: RFC 6962 section 2.1; RFC 9162 section 2.1.3.2 (inclusion) and 2.1.4.2 (consistency).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Span = Callable[[int, int], bytes]
"""The hash over the leaves from ``start`` until before ``end``, for the cuts that the proofs ask for."""


@dataclass(frozen=True, slots=True)
class Node:
    """A complete part of the tree."""

    level: int
    place: int
    hash: bytes


@dataclass(slots=True)
class Roof:
    """The complete parts that a growing tree consists of, largest first: all that adding a leaf needs.

    Attributes:
        start: the number of the first leaf; a multiple of every complete part that is added.
    """

    start: int = 0
    _parts: list[Node] = field(default_factory=list)
    _size: int = 0

    @property
    def size(self) -> int:
        """How many leaves were added."""
        return self._size

    def add(self, part: bytes, level: int = 0) -> list[Node]:
        """Add a leaf's hash, or that of a complete part of ``2 ** level`` leaves; returns each part now complete."""
        node = Node(level, (self.start + self._size) >> level, part)
        self._size += 1 << level
        made = [node]
        while self._parts and self._parts[-1].level == node.level:
            left = self._parts.pop()
            node = Node(node.level + 1, left.place >> 1, node_hash(left.hash, node.hash))
            made.append(node)
        self._parts.append(node)
        return made

    def root(self) -> bytes:
        """The hash over all leaves that were added."""
        if not self._parts:
            return EMPTY_ROOT
        *lefts, last = (part.hash for part in self._parts)
        for left in reversed(lefts):
            last = node_hash(left, last)
        return last


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two parts."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def inclusion_proof(position: int, size: int, span: Span) -> list[bytes]:
    """The hashes that lead from the leaf at ``position`` to the root of the first ``size`` leaves.

    Raises:
        ValueError: when the tree of that size has no such leaf.
    """
    if not 0 <= position < size:
        raise ValueError("no such leaf")
    proof = []
    start, end = 0, size
    while end - start > 1:
        cut = start + _largest_part(end - start)
        if position < cut:
            proof.append(span(cut, end))
            end = cut
        else:
            proof.append(span(start, cut))
            start = cut
    return proof[::-1]


def consistency_proof(old: int, new: int, span: Span) -> list[bytes]:
    """The hashes that show that the first ``old`` of ``new`` leaves are the tree that there was; empty when old is 0.

    Raises:
        ValueError: when the tree was never that small.
    """
    if not 0 <= old <= new:
        raise ValueError("the tree has fewer leaves")
    return list(_consistency(old, new, span)) if 0 < old < new else []


def root_by_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a proof leads to from the leaf's hash; the leaf is in the tree when that is the tree's root.

    Raises:
        ValueError: when it is no proof for such a leaf.
    """
    if not 0 <= position < size:
        raise ValueError("no such leaf")
    place, last, found = position, size - 1, leaf
    for part in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(part, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, part)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ValueError("the proof is too short")
    return found


def is_consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree of ``old`` (size and root) became that of ``new`` by adding leaves alone."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size > new_size or old_size < 0:
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    if old_size == new_size:
        return not proof and old_root == new_root
    return _leads_to_both(old, new, proof)


def _leads_to_both(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    (old_size, old_root), (new_size, new_root) = old, new
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for part in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(part, first), node_hash(part, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, part)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _consistency(old: int, new: int, span: Span) -> Iterator[bytes]:
    start, end, is_whole = 0, new, True
    trail = []
    while old != end:
        cut = start + _largest_part(end - start)
        if old <= cut:
            trail.append((cut, end))
            end = cut
        else:
            trail.append((start, cut))
            start, is_whole = cut, False
    # The old tree itself is known to whoever asks; a part of it is not.
    if not is_whole:
        yield span(start, end)
    for first, last in reversed(trail):
        yield span(first, last)


def _largest_part(count: int) -> int:
    """The largest power of two below ``count``, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
