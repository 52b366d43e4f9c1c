from math import ceil

from rest_framework.exceptions import APIException, PermissionDenied


class SteamNotProven(PermissionDenied):
    default_code = "steam_not_proven"
    default_detail = "Steam does not confirm that this account is yours. Begin again."


class SteamDoesNotAnswer(APIException):
    status_code = 503
    default_code = "steam_unavailable"
    default_detail = (
        "Steam does not answer. Nothing is changed and you are still signed in; "
        "load this page again in a minute."
    )
    wait = 60


class SteamNotSearched(APIException):
    """The search came to nothing, as Steam could not be asked."""

    status_code = 503
    default_code = "steam_unavailable"
    default_detail = (
        "No member is called so, and Steam does not answer for now. Search again in a while."
    )

    def __init__(self, *, wait: float = 60) -> None:
        super().__init__()
        self.wait = ceil(wait)


class LeaseLost(Exception):
    """Another worker has the member by now: this one was slow, or taken for dead."""
