"""An OpenID Connect provider on loopback: real HTTP, real keys, and codes that work once.

Run as its own process: `python -m tests.servers.openid_provider PORT DOOR`. People sign in at the second port, another
origin than the issuer's, as with the large providers. It signs in the person whom a test has set by a POST to /next,
and says wrong things where that asks for them (`Told`). It holds the client to the protocol: its secret, its address to
come back to, and the verifier of the challenge (PKCE, S256 alone).
"""

import base64
import hashlib
import json
import secrets
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET, KEY_ID = "release-desk", "a secret of the tests alone", "first"
COME_BACK_TO = "http://127.0.0.1:8000/accounts/oidc/login/callback/"


@dataclass
class Told:
    """Whom to sign in, and what to do wrong."""

    claims: dict[str, Any] = field(default_factory=dict)
    # Claims that are at the userinfo endpoint instead of in the token.
    userinfo: dict[str, Any] = field(default_factory=dict)
    signed: str = "well"
    without: list[str] = field(default_factory=list)
    issuer_told: str = ""
    refuses: str = ""
    code_fails: bool = False
    # Which of its pages is not there.
    away: str = ""
    comes_back_to: str = COME_BACK_TO


@dataclass
class Question:
    """What the client asked with, until its code is brought."""

    nonce: str
    challenge: str


class Provider(ThreadingHTTPServer):
    """The server with its keys and the test's settings."""

    def __init__(self, port: int, door: int) -> None:
        super().__init__(("127.0.0.1", port), Asked)
        self.issuer, self.where_people_sign_in = (f"http://127.0.0.1:{each}" for each in (port, door))
        self.door = ThreadingHTTPServer(("127.0.0.1", door), lambda request, client, _: Asked(request, client, self))
        self.key, self.another = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        self.told, self.questions = Told(), dict[str, Question]()

    def serve(self) -> None:
        """Answer at both ports until the process ends."""
        threading.Thread(target=self.door.serve_forever, daemon=True).start()
        self.serve_forever()

    def public_key(self) -> dict[str, Any]:
        """The key that signs, as its key set names it."""
        told = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**told, "kid": KEY_ID, "alg": "RS256", "use": "sig"}

    def token(self, question: Question) -> str:
        """Sign the claims that the test set for a person, correctly or as it asks."""
        now = int(time.time())
        standard = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": question.nonce}
        claims = {**standard, **self.told.claims}
        claims = {name: value for name, value in claims.items() if name not in self.told.without}
        match self.told.signed:
            case "well":
                return jwt.encode(claims, self.key, "RS256", headers={"kid": KEY_ID})
            case "by another key":
                return jwt.encode(claims, self.another, "RS256", headers={"kid": KEY_ID})
            case "by an unknown key":
                return jwt.encode(claims, self.another, "RS256", headers={"kid": "second"})
            case "by nobody":
                return jwt.encode(claims, None, "none", headers={"kid": KEY_ID})
            case "by our secret":
                return jwt.encode(claims, CLIENT_SECRET.ljust(32), "HS256", headers={"kid": KEY_ID})
        return self.told.signed


class Asked(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        """Return our metadata and our keys, send a person back with a code, or return more claims about them."""
        address = urlsplit(self.path)
        match address.path:
            case "/.well-known/openid-configuration" if self.server.told.away == "description":
                self._answer({}, status=503)
            case "/keys" if self.server.told.away == "keys":
                self._answer({}, status=503)
            case "/.well-known/openid-configuration":
                self._answer(self._configuration())
            case "/keys":
                self._answer({"keys": [self.server.public_key()]})
            case "/userinfo":
                self._answer(self.server.told.userinfo)
            case "/authorize" if self.server.told.away == "door":
                # Which leaves a browser on the page where it is.
                self.send_response(204)
                self.end_headers()
            case "/authorize":
                self._send_back(dict(parse_qsl(address.query)))
            case _:
                self._answer({"error": "not_found"}, status=404)

    def do_POST(self) -> None:
        """Take a test's settings, or exchange a code for a token."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/next":
            self.server.told = Told(**json.loads(body))
            self._answer({})
            return
        form = {name: values[0] for name, values in parse_qs(body).items()}
        question = self.server.questions.pop(form.get("code", ""), None)
        if question is None or self.server.told.code_fails or not self._is_the_client(form, question):
            self._answer({"error": "invalid_grant"}, status=400)
            return
        self._answer({"access_token": "x", "token_type": "Bearer", "id_token": self.server.token(question)})

    def log_message(self, *_: Any) -> None:
        """Write nothing: tests read the answers."""

    def _configuration(self) -> dict[str, Any]:
        issuer = self.server.issuer
        return {
            "issuer": self.server.told.issuer_told or issuer,
            "authorization_endpoint": f"{self.server.where_people_sign_in}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _send_back(self, asked: dict[str, str]) -> None:
        wanted = {"client_id": CLIENT_ID, "redirect_uri": self.server.told.comes_back_to, "response_type": "code"}
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        if wrong or asked.get("code_challenge_method") != "S256" or not asked.get("nonce"):
            self._answer({"error": "invalid_request", "wrong": wrong}, status=400)
            return
        code = secrets.token_urlsafe(16)
        self.server.questions[code] = Question(nonce=asked["nonce"], challenge=asked["code_challenge"])
        refuses = self.server.told.refuses
        answer = {"state": asked["state"], **({"error": refuses} if refuses else {"code": code})}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()

    def _is_the_client(self, form: dict[str, str], question: Question) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        brought = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = (form.get("client_id"), form.get("client_secret"), form.get("redirect_uri"))
        return known == (CLIENT_ID, CLIENT_SECRET, self.server.told.comes_back_to) and brought == question.challenge

    def _answer(self, what: dict[str, Any], *, status: int = 200) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Provider(*(int(port) for port in sys.argv[1:])).serve()
