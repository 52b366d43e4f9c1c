from rest_framework.exceptions import APIException, AuthenticationFailed, NotFound, PermissionDenied

from app.core.errors import Conflict


class WrongCredentials(AuthenticationFailed):
    default_code = "wrong_credentials"
    default_detail = "No active member has this name and password."


class EmailTaken(Conflict):
    default_code = "email_taken"
    default_detail = "Another member has proven that this email is theirs."


class NoPassword(Conflict):
    default_code = "no_password"
    default_detail = "You have no password yet. Ask for a mail at auth/password/reset/ to set one."


class AlreadyVerified(Conflict):
    default_code = "already_verified"
    default_detail = "Your email is verified."


# What can go wrong on the way by another site. The codes are also what a frontend is told.


class MemberInactive(PermissionDenied):
    default_code = "user_inactive"
    default_detail = "The member is deactivated."


class SignInLost(PermissionDenied):
    """The answer is none to a question that this browser has asked, or was given before."""

    default_code = "state_mismatch"
    default_detail = "This browser has not begun that sign-in, or took too long. Begin again."


class SignInCancelled(PermissionDenied):
    default_code = "cancelled"
    default_detail = "You went back without signing in there."


class DiscordAccountTaken(Conflict):
    default_code = "discord_account_taken"
    default_detail = "This Discord account is linked to another member."


class DiscordAlreadyLinked(Conflict):
    default_code = "discord_already_linked"
    default_detail = "You have linked another Discord account. Ask the staff to unlink it first."


class DiscordEmailNotVerified(Conflict):
    default_code = "discord_email_not_verified"
    default_detail = (
        "Discord has not verified your email. Verify it there; or sign in here in another way, "
        "and then link your Discord account."
    )


class EmailNotVerified(Conflict):
    default_code = "email_not_verified"
    default_detail = (
        "Somebody has registered with your email here and not verified it. If it was you, sign in "
        "and link your Discord account. If not, register with the email yourself: it is yours once "
        "you have answered the mail that comes then."
    )


class DiscordUnavailable(APIException):
    status_code = 503
    default_code = "discord_unavailable"
    default_detail = "Discord does not answer. Nothing is changed; try again in a minute."
    wait = 60


class DiscordNotConfigured(NotFound):
    default_code = "discord_not_configured"
    default_detail = "Nobody signs in by Discord here: this site has no application there."


class SteamAccountTaken(Conflict):
    default_code = "steam_account_taken"
    default_detail = "This Steam account is linked to another member."


class SteamAlreadyLinked(Conflict):
    default_code = "steam_already_linked"
    default_detail = "You have linked another Steam account. Ask the staff to unlink it first."
