"""OAuth 2.0 as Discord has it: the page that asks, codes, and tokens.

Nothing here knows of faults or threads.
"""

import hashlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.discord.guild import User
from tests.fakes.replies import Reply, with_query

Params = Mapping[str, str]

AUTHORIZE: Final = "/oauth2/authorize"
SCOPES: Final = frozenset(
    {"identify", "email", "connections", "guilds", "guilds.join", "guilds.members.read"}
)
LIFETIME: Final = 604_800


@dataclass(frozen=True)
class Consent:
    """What somebody has let the application do, or is asked to."""

    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    #: What is handed back with the code.
    state: dict[str, str]
    user_id: int = 0

    def fits(self, form: Params) -> bool:
        """Whether who brings the code is who has sent the person for it."""
        if form.get("redirect_uri") != self.redirect_uri:
            return False
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        return self.challenge in {"", urlsafe_b64encode(digest).decode().rstrip("=")}


class OAuth:
    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client = (client_id, client_secret)
        self._codes: dict[str, Consent] = {}
        self._tokens: dict[str, Consent] = {}

    def page(self, query: str, users: Iterable[User]) -> Reply:
        """Let a person choose who they are, or send back the one whom the query chose."""
        params = dict(parse_qsl(query, keep_blank_values=True))
        known = {str(user.id): user for user in users}
        try:
            asked = self._asked(params)
            if "user" in params:
                if params["user"] not in known:
                    raise ValueError("unknown user")
                return Reply.redirect(self.approve(params, int(params["user"])))
        except ValueError as error:
            return Reply.page(400, "Error", escape(str(error)))
        links = [(_label(user), f"{AUTHORIZE}?{query}&user={id_}") for id_, user in known.items()]
        denied = {
            "error": "access_denied",
            "error_description": "The member did not agree",
            **asked.state,
        }
        cancel = with_query(asked.redirect_uri, denied)
        return Reply.choice("Sign in through the fake Discord", links, cancel=cancel)

    def approve(self, params: Params, user_id: int) -> str:
        consent = replace(self._asked(params), user_id=user_id)
        code = token_urlsafe(22)
        self._codes[code] = consent
        return with_query(consent.redirect_uri, {"code": code, **consent.state})

    def exchange(self, form: Params, authorization: str | None) -> Reply:
        """A code for a token."""
        if _credentials(form, authorization) != self._client:
            challenge = {"WWW-Authenticate": "Basic"} if authorization else {}
            return Reply.json({"error": "invalid_client"}, status=401).with_headers(challenge)
        if form.get("grant_type") != "authorization_code":
            return Reply.json({"error": "unsupported_grant_type"}, status=400)
        # Who brings it wrongly has used it up as well.
        consent = self._codes.pop(form.get("code", ""), None)
        if consent is None or not consent.fits(form):
            refusal = {"error": "invalid_grant", "error_description": "Invalid code"}
            return Reply.json(refusal, status=400)
        token = token_urlsafe(22)
        self._tokens[token] = consent
        return Reply.json(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "refresh_token": token_urlsafe(22),
                "scope": " ".join(consent.scopes),
            }
        )

    def consent(self, authorization: str | None) -> Consent | None:
        """What the bearer of a token may do."""
        scheme, _, token = (authorization or "").partition(" ")
        return self._tokens.get(token) if scheme == "Bearer" else None

    def _asked(self, params: Params) -> Consent:
        """Read the URL that a person was sent to. Raises ValueError as Discord would object."""
        if params.get("client_id") != self._client[0]:
            raise ValueError("unknown client_id")
        if params.get("response_type") != "code":
            raise ValueError("response_type is not code")
        redirect_uri = params.get("redirect_uri", "")
        if (
            not redirect_uri.startswith(("http://", "https://"))
            or not urlsplit(redirect_uri).netloc
        ):
            raise ValueError("redirect_uri is no address of a site")
        scopes = params.get("scope", "").split()
        if not scopes or not SCOPES.issuperset(scopes):
            raise ValueError("scope holds none, or one that there is not")
        challenge = params.get("code_challenge", "")
        if challenge and params.get("code_challenge_method") != "S256":
            raise ValueError("code_challenge_method is not S256")
        state = {"state": params["state"]} if "state" in params else {}
        return Consent(redirect_uri, tuple(dict.fromkeys(scopes)), challenge, state)


def _credentials(form: Params, authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme != "Basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return client_id, secret


def _label(user: User) -> str:
    address = f", {user.email}" if user.email else ""
    unverified = " (unverified)" if user.email and not user.verified else ""
    return f"{user.global_name or user.username} ({user.username}{address}{unverified})"
