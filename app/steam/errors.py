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
