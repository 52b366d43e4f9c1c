"""Steam's OpenID 2.0: the login page, and the check of what it asserted.

Nothing here knows of faults or threads.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from secrets import token_bytes
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.replies import Reply, with_query
from tests.fakes.steam.matches import ANONYMOUS
from tests.fakes.steam.web_api import Params, WebApi, to_account_id, to_steamid

LOGIN: Final = "/openid/login"
NS: Final = "http://specs.openid.net/auth/2.0"
SELECT: Final = f"{NS}/identifier_select"
IDENTITY: Final = "https://steamcommunity.com/openid/id/"
SIGNED: Final = "signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"


class OpenId:
    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._secret = token_bytes(20)
        #: Issued, and not yet checked.
        self._nonces: set[str] = set()

    def login(self, endpoint: str, query: str) -> Reply:
        """Let a person choose who they are, or send back the one whom the query chose."""
        params = dict(parse_qsl(query, keep_blank_values=True))
        try:
            if "account" in params:
                account_id = int(params["account"])
                return Reply.redirect(self.assertion(endpoint, params, account_id))
            return_to = _return_to(params)
        except ValueError as error:
            return Reply.page(400, "Error", escape(str(error)))
        links = [
            (f"{player['personaname']} ({steamid})", f"{LOGIN}?{query}&account={steamid}")
            for player in self._api.players()
            for steamid in [player["steamid"]]
        ]
        cancel = with_query(return_to, {"openid.ns": NS, "openid.mode": "cancel"})
        return Reply.choice("Sign in through the fake Steam", links, cancel=cancel)

    def assertion(self, endpoint: str, params: Params, account_id: int) -> str:
        return_to = _return_to(params)
        account_id = to_account_id(account_id)
        if not 0 < account_id < ANONYMOUS:
            raise ValueError(f"{account_id} is nobody's account")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = {
            "openid.ns": NS,
            "openid.mode": "id_res",
            "openid.op_endpoint": endpoint,
            "openid.claimed_id": IDENTITY + to_steamid(account_id),
            "openid.identity": IDENTITY + to_steamid(account_id),
            "openid.return_to": return_to,
            "openid.response_nonce": now + b64encode(token_bytes(20)).decode(),
            "openid.assoc_handle": "1234567890",
        }
        return with_query(return_to, self.sign(fields))

    def sign(self, params: Mapping[str, str]) -> dict[str, str]:
        signed = {"openid.signed": SIGNED, **params}
        signed["openid.sig"] = self._signature(signed)
        if nonce := signed.get("openid.response_nonce"):
            self._nonces.add(nonce)
        return signed

    def check(self, form: Params) -> Reply:
        if form.get("openid.mode") != "check_authentication":
            return Reply.page(400, "Error", "The mode is not check_authentication.")
        return Reply.text(f"ns:{NS}\nis_valid:{str(self._confirms(form)).lower()}\n")

    def _confirms(self, form: Params) -> bool:
        nonce = form.get("openid.response_nonce", "")
        if form.get("openid.sig") != self._signature(form) or nonce not in self._nonces:
            return False
        self._nonces.remove(nonce)
        return True

    def _signature(self, params: Params) -> str:
        names = params.get("openid.signed", "").split(",")
        values = {name: params.get(f"openid.{name}") for name in names}
        text = "".join(f"{name}:{value}\n" for name, value in values.items() if value is not None)
        return b64encode(hmac.digest(self._secret, text.encode(), hashlib.sha1)).decode()


def _return_to(params: Params) -> str:
    """Where to send a person back to, once the request is one that Steam would take."""
    wanted = {
        "openid.ns": NS,
        "openid.mode": "checkid_setup",
        "openid.identity": SELECT,
        "openid.claimed_id": SELECT,
    }
    for name, value in wanted.items():
        if params.get(name) != value:
            raise ValueError(f"{name} is not {value}")
    return_to, realm = params.get("openid.return_to", ""), params.get("openid.realm", "")
    back, ours = urlsplit(return_to), urlsplit(realm)
    if back.scheme not in {"http", "https"} or not back.netloc:
        raise ValueError("openid.return_to is no address of a site")
    # Not as strings: http://a.example is no beginning of http://a.example.org.
    if (back.scheme, back.netloc) != (ours.scheme, ours.netloc) or not (
        (back.path or "/").startswith(ours.path)
    ):
        raise ValueError("openid.return_to is not within openid.realm")
    return return_to
