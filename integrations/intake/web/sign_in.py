"""Signing in elsewhere by OpenID Connect: the authorisation code flow with PKCE, and an ID token that is checked.

What is checked: the answer belongs to the visit that began it (state), minutes ago, at this issuer; it names the issuer
where the issuer says that it does; the token was made for this sign-in (nonce), for us (audience), by the issuer (name
and signature), and is in force. Nothing of a token is kept. Each issuer has a return address of its own, so that the
answer of one is never taken for the other's (mix-up).

Source: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636 (PKCE); RFC 9207 (``iss``); RFC 9700, section 4.4.
"""

import secrets
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from data_contracts.doors.pages import SignIn
from data_contracts.errors import SystemUnavailable

_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
"""Signatures with a key pair alone: never ``none``, nor one that our own secret could make."""
_TIMEOUT: Final = 10
_LEEWAY: Final = 60
_LONGEST_VISIT: Final = 900
"""Seconds that somebody may take at the issuer."""


class SignInFailed(Exception):
    """A sign-in that proves nothing; nothing of it is told."""


class SigningIn:
    """Signs people in at one issuer."""

    def __init__(self, sign_in: SignIn) -> None:
        """Keep how; the issuer is asked when the first person comes."""
        self._sign_in = sign_in
        self._space = sign_in.space

    def begin(self) -> tuple[str, dict[str, str]]:
        """The address to send somebody to, and what the visit keeps until they come back.

        Raises:
            SystemUnavailable: when the issuer cannot be reached.
        """
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._client() as client:
            address, state = client.create_authorization_url(
                self._endpoint("authorization_endpoint"), nonce=nonce, code_verifier=verifier
            )
        at = str(int(time.time()))
        kept = {"issuer": self._space.issuer, "state": str(state), "nonce": nonce, "verifier": verifier, "at": at}
        return str(address), kept

    def end(self, query: str, kept: Mapping[str, str]) -> Mapping[str, object]:
        """Claims of who signed in.

        Args:
            query: of the address that the issuer sent somebody back to.
            kept: by the visit that began it.

        Raises:
            SignInFailed: when it does not belong to that visit, or the token is not right.
            SystemUnavailable: when the issuer cannot be reached.
        """
        said = _said_once(query)
        state = kept.get("state", "")
        if not state or not secrets.compare_digest(state.encode(), said.get("state", "").encode()):
            raise SignInFailed
        self._require_begun_here(kept)
        names_itself = bool(self._metadata.get("authorization_response_iss_parameter_supported"))
        if said.get("iss", "" if names_itself else self._space.issuer) != self._space.issuer:  # RFC 9207
            raise SignInFailed
        return self._claims(self._token(said.get("code", ""), kept.get("verifier", "")), kept.get("nonce", ""))

    def _require_begun_here(self, kept: Mapping[str, str]) -> None:
        is_recent = kept.get("at", "").isdigit() and time.time() - int(kept["at"]) <= _LONGEST_VISIT
        if kept.get("issuer") != self._space.issuer or not is_recent:
            raise SignInFailed

    def _token(self, code: str, verifier: str) -> str:
        try:
            with self._client() as client:
                answer: Any = client.fetch_token(
                    self._endpoint("token_endpoint"), code=code, code_verifier=verifier, grant_type="authorization_code"
                )
        except (OAuthError, requests.JSONDecodeError, ValueError):
            raise SignInFailed from None
        except requests.RequestException:
            raise _away() from None
        return str(answer.get("id_token", ""))

    def _claims(self, token: str, nonce: str) -> Mapping[str, object]:
        wanted = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._space.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._space.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, self._keys(), algorithms=_ALGORITHMS).claims
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            raise SignInFailed from None
        # Made for several, it says for whom in the first place.
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", "" if is_shared else self._space.client_id) != self._space.client_id:
            raise SignInFailed
        return dict(claims)

    def _keys(self) -> KeySet:
        """Asked for at each sign-in: issuers change their keys, and sign-ins are few."""
        keys: Any = _got(self._endpoint("jwks_uri"))
        return KeySet.import_key_set(keys)

    def _endpoint(self, name: str) -> str:
        address = str(self._metadata.get(name, ""))
        if not address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise _away()
        return address

    @cached_property
    def _metadata(self) -> Mapping[str, str | bool]:
        found: Any = _got(f"{self._space.issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != self._space.issuer:
            raise _away()
        return {name: value for name, value in found.items() if isinstance(value, str | bool)}

    def _client(self) -> OAuth2Session:
        client = OAuth2Session(
            client_id=self._space.client_id,
            client_secret=self._sign_in.secret or None,
            scope=" ".join(self._space.scopes),
            redirect_uri=self._sign_in.returns_to,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._sign_in.secret else "none",
            default_timeout=_TIMEOUT,
        )
        client.trust_env = False
        return client


def _said_once(query: str) -> Mapping[str, str]:
    """The parameters of an answer; none of them may be there twice (RFC 6749, 3.1)."""
    said = parse_qs(query)
    if any(len(values) != 1 for values in said.values()):
        raise SignInFailed
    return {name: values[0] for name, values in said.items()}


def _got(address: str) -> object:
    try:
        answer = httpx.get(address, timeout=_TIMEOUT, trust_env=False, follow_redirects=False)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError):
        raise _away() from None


def _away() -> SystemUnavailable:
    return SystemUnavailable("the client space cannot be reached", where="client space", remedy="try again later")
