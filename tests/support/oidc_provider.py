"""A small OpenID Connect provider on loopback: real HTTP, real signatures, and lies when a test asks for them."""

import base64
import hashlib
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, CLIENT_SECRET = "matchmaker", "a secret of the client that is long enough"


class Provider:
    """Signs everybody in as ``subject`` without asking. ``lies``: claims to put into the ID token instead of the true.

    ``refuses``: answers with an error. ``key``: signs; another key than the published one is a forger's.
    """

    def __init__(self) -> None:
        self.subject = "u-1001"
        self.lies: dict[str, Any] = {}
        self.leaves_out: tuple[str, ...] = ()
        self.refuses = False
        self.moment = int(time.time())
        self.algorithm = "RS256"
        self.published = RSAKey.generate_key(2048, {"kid": "one"})
        self.key = self.published
        self.seen: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def issuer(self) -> str:
        """Its name and address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()

    def _app(self) -> Flask:
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._describe)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/keys", view_func=self._keys)
        return app

    def _describe(self) -> Response:
        return jsonify(
            issuer=self.lies.get("issuer", self.issuer),
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
        )

    def _keys(self) -> Response:
        return jsonify(keys=[self.published.as_dict(private=False)])

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        self.seen.append(asked)
        if self.refuses:
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}")
        code = f"code-{len(self.seen)}"
        self._codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def _token(self) -> Any:
        asked = self._codes.pop(request.form["code"], None)
        login = request.authorization
        if asked is None or login is None or (login.username, login.password) != (CLIENT, CLIENT_SECRET):
            return {"error": "invalid_grant"}, 400
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        proved = base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        if not proved or request.form["redirect_uri"] != asked["redirect_uri"]:
            return {"error": "invalid_grant"}, 400
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "iat": self.moment, "exp": self.moment + 300,
            "nonce": asked["nonce"],
        } | {name: value for name, value in self.lies.items() if name != "issuer"}  # fmt: skip
        told = {name: value for name, value in claims.items() if name not in self.leaves_out}
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, told, self.key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


def asked_of(address: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
