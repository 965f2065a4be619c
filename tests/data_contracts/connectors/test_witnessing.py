"""Needles are told from words that hold them, and quick signs of them never leave one out."""

from data_contracts.connectors.witnessing import Needle, matcher


def test_whole_keys_match_alone() -> None:
    """With blanks around at most, on any side of a line's end."""
    found = matcher([Needle("no", "C1", is_whole=True)])

    assert [bool(found.search(text)) for text in ("c1", " C1\n", "C1 x", "xC1", "C1\nC2")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_no_needle_matches_nothing() -> None:
    """Not even an empty text."""
    assert matcher(()).search("") is None


def test_trails_are_pieces_or_else_hints() -> None:
    """All pieces, in order; or any hint; or nothing is known."""
    assert Needle("k", "a", ("x", "y"), pieces=("p", "q")).trails == (("p", "q"),)
    assert Needle("k", "a", ("x", "y")).trails == (("x",), ("y",))
    assert Needle("k", "a").trails == ()
