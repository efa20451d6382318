"""Whether what a provider says of a person is what it signed, for us, now, and in answer to our own question."""

import hmac
from collections.abc import Mapping
from typing import Any

import jwt

# A key that only we and the provider know signs nothing here: whoever knows our secret could write tokens with it.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"},
)
CLOCKS_APART_SECONDS = 30
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")


class NotVerified(Exception):
    """Why an ID token is not believed, for the log; it holds nothing of the token."""


def read(token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token whose signature, issuer, audience, times and nonce were verified.

    Source: OpenID Connect Core 1.0, 3.1.3.7. The signature is verified also of a token that came over our own TLS
    connection, where the specification lets one do without.

    :param keys: the provider's JSON Web Key Set.
    :param nonce: what was sent with the question; it must come back.
    :raises NotVerified: if any of it is wrong or missing.
    """
    try:
        key = _key(token, keys)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[key.algorithm_name],
            issuer=issuer,
            audience=client_id,
            leeway=CLOCKS_APART_SECONDS,
            options={"require": list(NEEDED)},
        )
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError) as error:
        message = f"{type(error).__name__}: {error}"
        raise NotVerified(message) from error
    _check_party(claims, client_id)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        message = "The nonce is another."
        raise NotVerified(message)
    return claims


def _key(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Choose the key that a token names; one that names none is believed where there is one key only."""
    named = jwt.get_unverified_header(token).get("kid")
    usable = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in {None, "sig"}]
    fitting = [key for key in usable if named is None or key.key_id == named]
    if len(fitting) != 1 or fitting[0].algorithm_name not in ALGORITHMS:
        message = "No key of the provider fits the token."
        raise NotVerified(message)
    return fitting[0]


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    """Refuse a token that was made for another party, and names us beside it."""
    for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if for_several else client_id) != client_id:
        message = "The token was made for another party."
        raise NotVerified(message)
