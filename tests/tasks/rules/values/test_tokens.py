"""Recital 26: a pseudonym made of nothing but chance, known again as such."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.values.tokens import is_token, new_token

KEY = b"organisation"


@given(st.binary(min_size=10, max_size=10))
def test_token_is_known_again(chance: bytes) -> None:
    """Whatever chance gave, it is a token of this organisation and of no other."""
    token = new_token(KEY, lambda _: chance)

    assert len(token) == 16
    assert is_token(KEY, token)
    assert not is_token(b"another", token)


@given(st.text(max_size=20))
def test_value_of_a_person_is_no_token(value: str) -> None:
    """What somebody typed is replaced, however it looks."""
    assert not is_token(KEY, value)
