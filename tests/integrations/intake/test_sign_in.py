"""What an ID token must say before anybody is believed to have signed in (OpenID Connect Core 3.1.3.7; RFC 9207)."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from data_contracts.company.sign_in import ClientSpace
from data_contracts.doors.pages import SignIn
from integrations.intake.web.sign_in import SignInFailed, SigningIn

_ISSUER = "https://login.example"


def _kept() -> dict[str, str]:
    """What the cookie of a sign-in that began now holds."""
    return {"issuer": _ISSUER, "state": "the-state", "nonce": "the-nonce", "verifier": "v", "at": str(int(time.time()))}


_KEY = ECKey.generate_key("P-256", {"kid": "1"})


def claims(**changed: object) -> dict[str, Any]:
    """What a right token says, unless changed; None leaves it out."""
    now = int(time.time())
    usual = {"iss": _ISSUER, "aud": "rightsflow", "sub": "ana", "exp": now + 300, "iat": now, "nonce": "the-nonce"}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ends a sign-in with a token, at an issuer that answers so."""
    space = ClientSpace(issuer=_ISSUER, client_id="rightsflow", keys={"customer_no": "number"})
    signing_in = SigningIn(SignIn(space, "a secret of thirty-two characters", "http://localhost/client-space"))
    monkeypatch.setattr(SigningIn, "_keys", lambda _: KeySet([_KEY]))  # what the issuer serves
    vars(signing_in)["_metadata"] = {"issuer": _ISSUER, "authorization_response_iss_parameter_supported": False}

    def end(token: str, query: str = "code=x&state=the-state", **told: Any) -> Mapping[str, object]:
        monkeypatch.setattr(SigningIn, "_token", lambda *_: token)
        vars(signing_in)["_metadata"]["authorization_response_iss_parameter_supported"] = told.pop(
            "names_itself", False
        )
        return signing_in.end(query, {**_kept(), **told})

    return end


def signed(said: dict[str, Any], key: Any = _KEY, algorithm: str = "ES256") -> str:
    """A token of the issuer."""
    return jwt.encode({"alg": algorithm, "kid": "1"}, said, key, algorithms=[algorithm])


@pytest.mark.parametrize("more", [{}, {"azp": "rightsflow"}, {"aud": ["rightsflow", "other"], "azp": "rightsflow"}])
def test_right_token_tells_who_signed_in(ended: Any, more: dict[str, object]) -> None:
    """Made for this sign-in, for us, by the issuer."""
    assert ended(signed(claims(**more)))["sub"] == "ana"


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"azp": "another"},
        {"aud": ["rightsflow", "other"]},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
    ],
    ids=lambda changed: " ".join(f"{name}={value}" for name, value in changed.items()),
)
def test_token_that_is_not_for_this_sign_in_proves_nothing(ended: Any, changed: dict[str, object]) -> None:
    """Though the issuer signed it."""
    with pytest.raises(SignInFailed):
        ended(signed(claims(**changed)))


def test_token_that_the_issuer_did_not_sign_proves_nothing(ended: Any) -> None:
    """Another key, or one that our own secret could make."""
    secret = OctKey.import_key("a secret of thirty-two characters")
    for token in (signed(claims(), ECKey.generate_key("P-256", {"kid": "1"})), signed(claims(), secret, "HS256"), "x"):
        with pytest.raises(SignInFailed):
            ended(token)


@pytest.mark.parametrize(
    "query",
    [
        "code=x&state=another",
        "code=x",
        "code=x&state=the-state&iss=https://evil.example",
        "code=x&state=the-state&state=the-state",
        "code=x&code=y&state=the-state",
    ],
)
def test_answer_of_another_sign_in_proves_nothing(ended: Any, query: str) -> None:
    """Another state, none, or another issuer (mix-up)."""
    with pytest.raises(SignInFailed):
        ended(signed(claims()), query)


def test_issuer_that_names_itself_has_to(ended: Any) -> None:
    """An answer without ``iss``, of an issuer that says it sends one, is somebody else's (RFC 9207, 2.4)."""
    named = f"code=x&state=the-state&iss={_ISSUER}"

    assert ended(signed(claims()), named, names_itself=True)["sub"] == "ana"
    with pytest.raises(SignInFailed):
        ended(signed(claims()), names_itself=True)


@pytest.mark.parametrize("told", [{"issuer": "https://other.example"}, {"at": "1"}, {"at": ""}], ids=str)
def test_sign_in_that_was_begun_elsewhere_or_long_ago_proves_nothing(ended: Any, told: dict[str, str]) -> None:
    """At another issuer of ours, or a quarter of an hour before."""
    with pytest.raises(SignInFailed):
        ended(signed(claims()), **told)
