from rest_framework.exceptions import AuthenticationFailed


class WrongCredentials(AuthenticationFailed):
    default_code = "wrong_credentials"
    default_detail = "No active member has this name and password."
