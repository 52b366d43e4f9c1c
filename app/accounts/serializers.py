from typing import Any, ClassVar

from django.core.validators import MaxLengthValidator
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework import serializers

from app.accounts.models import User
from app.core.serializers import ModelSerializer

_USERNAME = User._meta.get_field("username")
_DISPLAY_NAME = "The nickname; without one the guild's, Discord's, or else the username."
_PRIVATE = "Only answered to the member and to staff."


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        # The bound keeps a megabyte of password from being hashed; spaces are part of a password.
        super().__init__(
            max_length=128, trim_whitespace=False, style={"input_type": "password"}, **kwargs
        )


class UsernameField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        # REST framework has one of its own for the length.
        rules = [v for v in _USERNAME.validators if not isinstance(v, MaxLengthValidator)]
        super().__init__(max_length=_USERNAME.max_length, validators=rules, **kwargs)


class LowerCaseEmailField(serializers.EmailField):
    """An email in the one spelling that is kept."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        email: str = super().to_internal_value(data)
        # Letters that mail servers take for others, and quotes, spell one mailbox in many ways.
        if not email.isascii() or '"' in email:
            raise serializers.ValidationError(
                "Write the email without quotes and in ASCII, the domain as xn--…"
            )
        return email.lower()


class UserSerializer(ModelSerializer[User]):
    """A member as others see them; for oneself and for staff there is what is `private`, too."""

    private = ("email", "email_verified", "has_password", "is_staff")

    example = {
        "id": 7,
        "username": "ada",
        "email": "ada@example.org",
        "email_verified": True,
        "has_password": True,
        "is_staff": False,
        "nickname": "The Countess",
        "display_name": "The Countess",
        "avatar": "https://cdn.example.org/ada.png",
        "discord_id": "80351110224678912",
        "discord_nickname": "Ada",
        "guild_nickname": "",
        "in_guild": True,
        "steam_id": "76561197960287930",
        "date_joined": "2026-10-01T18:00:00Z",
    }

    # Changed by a route of its own, as it has to be proven.
    email = serializers.EmailField(read_only=True, help_text=_PRIVATE)
    email_verified = serializers.BooleanField(
        read_only=True, help_text=f"The member has answered a mail that went there. {_PRIVATE}"
    )
    has_password = serializers.BooleanField(
        source="has_usable_password",
        read_only=True,
        help_text=f"False for who has only ever signed in by Discord. {_PRIVATE}",
    )
    display_name = serializers.CharField(read_only=True, help_text=_DISPLAY_NAME)
    # Beyond 2^53, where a browser's numbers lose digits.
    discord_id = serializers.CharField(
        read_only=True, allow_null=True, help_text="The Discord account's; null without one."
    )
    steam_id = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="The SteamID64 of the Steam account; null without one.",
    )

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "email",
            "email_verified",
            "has_password",
            "is_staff",
            "nickname",
            "display_name",
            "avatar",
            "discord_id",
            "discord_nickname",
            "guild_nickname",
            "in_guild",
            "steam_id",
            "date_joined",
        ]
        read_only_fields = [
            "is_staff",
            "discord_nickname",
            "guild_nickname",
            "in_guild",
            "date_joined",
        ]
        extra_kwargs = {
            "is_staff": {"help_text": f"May do what any member and organiser may. {_PRIVATE}"},
            "avatar": {"help_text": "A picture's URL, or empty: Discord's, or one's own choice."},
            "discord_nickname": {"help_text": "The name at Discord, or empty."},
        }

    def to_representation(self, instance: User) -> dict[str, Any]:
        data: dict[str, Any] = super().to_representation(instance)
        viewer = getattr(self.context.get("request"), "user", None)
        if viewer is None or not (viewer.is_staff or viewer.pk == instance.pk):
            for name in self.private:
                del data[name]
        return data


class ConfirmedPasswordSerializer(serializers.Serializer[User]):
    password = PasswordField(write_only=True, help_text="The one to sign in with from then on.")
    password_confirm = PasswordField(write_only=True, help_text="The same again.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["password"] != attrs.pop("password_confirm"):
            raise serializers.ValidationError({"password_confirm": "The passwords differ."})
        return attrs


class RegisterSerializer(ConfirmedPasswordSerializer):
    example = {
        "email": "ada@example.org",
        "username": "ada",
        "password": "six-wards-one-smoke",
        "password_confirm": "six-wards-one-smoke",
    }

    email = LowerCaseEmailField(help_text="A mail goes there, to have it proven.")
    username = UsernameField(
        required=False, help_text=f"{_USERNAME.help_text} Made up when it is left out."
    )


class SignInSerializer(serializers.Serializer[None]):
    """Either name works, in either field."""

    example = {"email": "ada@example.org", "password": "six-wards-one-smoke"}

    email = serializers.CharField(
        required=False, max_length=254, help_text="The email, or the username."
    )
    username = serializers.CharField(
        required=False, max_length=254, help_text="The same, for who has no `email` to send."
    )
    password = PasswordField(help_text="One's own.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("email") and not attrs.get("username"):
            raise serializers.ValidationError({"email": "Give an email or a username."})
        return attrs


class TestSignInSerializer(serializers.Serializer[None]):
    example = {"username": "ada", "is_staff": False}

    username = UsernameField()
    is_staff = serializers.BooleanField(default=False)


class RefreshSerializer(serializers.Serializer[None]):
    example = {"refresh": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.…"}

    refresh = serializers.CharField(max_length=2048, help_text="The newest of the sign-in.")


class TokenPairSerializer(serializers.Serializer[Any]):
    example: ClassVar[dict[str, Any]] = {
        "access": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.…",
        "refresh": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.…",
    }

    access = serializers.CharField(
        help_text="Send it as the header `Authorization: Bearer …`. It is good for an hour."
    )
    refresh = serializers.CharField(
        help_text="Trade it at `auth/refresh/` for a new pair, once. It is good for 30 days."
    )


class SignedInSerializer(TokenPairSerializer):
    example = TokenPairSerializer.example | {"user": UserSerializer.example}

    user = UserSerializer()


class CsrfSerializer(serializers.Serializer[Any]):
    example = {"csrf_token": "q7Xo2LzqJpYt0vEwR5uKcN8mHbG1sDfA3iTgWe6nVxZk9PyOjCrMl4UhBaQdSIF7"}

    csrf_token = serializers.CharField(help_text="Send it as the header X-CSRFToken.")


class PasswordChangeSerializer(serializers.Serializer[None]):
    example = {
        "current_password": "six-wards-one-smoke",
        "new_password": "nine-roshans-no-cheese",
    }

    current_password = PasswordField(help_text="The one that there is.")
    new_password = PasswordField(help_text="The one to sign in with from then on.")


class PasswordResetSerializer(serializers.Serializer[None]):
    example = {"email": "ada@example.org"}

    email = LowerCaseEmailField(help_text="Where the mail goes.")


class PasswordResetConfirmSerializer(ConfirmedPasswordSerializer):
    example = {
        "token": "2a-d1f0qk-3f1c…",
        "password": "nine-roshans-no-cheese",
        "password_confirm": "nine-roshans-no-cheese",
    }

    token = serializers.CharField(max_length=1024, help_text="The mail's.")


class EmailTokenSerializer(serializers.Serializer[None]):
    example = {"token": "WzEwLCJhZGFAZXhhbXBsZS5vcmciXQ:1xUhUo:w2wnc6…"}

    token = serializers.CharField(max_length=1024, help_text="The mail's.")


class EmailChangeSerializer(serializers.Serializer[None]):
    example = {"email": "countess@example.org", "password": "six-wards-one-smoke"}

    email = LowerCaseEmailField(help_text="The new one.")
    password = PasswordField(help_text="One's own.")


class NextSerializer(serializers.Serializer[None]):
    next = serializers.CharField(
        required=False,
        max_length=500,
        help_text="The frontend's page to end at: a path, such as /settings?tab=links.",
    )

    def validate_next(self, path: str) -> str:
        # Only ever a place of our own frontend: no host, not even one that browsers read into it.
        if not path.startswith("/") or not url_has_allowed_host_and_scheme(path, None):
            raise serializers.ValidationError("Give a path of the frontend that begins with one /.")
        return path


class SocialLoginSerializer(serializers.Serializer[Any]):
    example = {"url": "https://steamcommunity.com/openid/login?openid.mode=checkid_setup&…"}

    url = serializers.CharField(help_text="Where to send the browser.")


class MemberSerializer(ModelSerializer[User]):
    """A member inside of something else."""

    example = {
        name: UserSerializer.example[name] for name in ("id", "username", "display_name", "avatar")
    }

    display_name = serializers.CharField(read_only=True, help_text=_DISPLAY_NAME)
    avatar = serializers.CharField(read_only=True, help_text="A URL, or empty.")

    class Meta:
        model = User
        fields = ["id", "username", "display_name", "avatar"]
        read_only_fields = fields
