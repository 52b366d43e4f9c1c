from typing import Any

from django.core.validators import MaxLengthValidator
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework import serializers

from app.accounts.models import User
from app.core.serializers import ModelSerializer

_USERNAME = User._meta.get_field("username")


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
    """An email in lower case, which is how it is kept; some letters are longer so."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class UserSerializer(ModelSerializer[User]):
    """A member as others see them; the email is there for oneself and for staff alone."""

    example = {
        "username": "ada",
        "nickname": "The Countess",
        "avatar": "https://cdn.example.org/ada.png",
    }

    # Changed by a route of its own, as it has to be proven.
    email = serializers.EmailField(
        read_only=True, help_text="Only answered to the member and to staff."
    )
    email_verified = serializers.BooleanField(
        read_only=True, help_text="Only answered to the member and to staff."
    )
    display_name = serializers.CharField(read_only=True)
    # Beyond 2^53, where a browser's numbers lose digits.
    discord_id = serializers.CharField(read_only=True, allow_null=True)
    steam_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "email",
            "email_verified",
            "nickname",
            "display_name",
            "avatar",
            "discord_id",
            "discord_nickname",
            "guild_nickname",
            "steam_id",
            "date_joined",
        ]
        read_only_fields = ["discord_nickname", "guild_nickname", "date_joined"]

    def to_representation(self, instance: User) -> dict[str, Any]:
        data: dict[str, Any] = super().to_representation(instance)
        viewer = getattr(self.context.get("request"), "user", None)
        if viewer is None or not (viewer.is_staff or viewer.pk == instance.pk):
            del data["email"], data["email_verified"]
        return data


class ConfirmedPasswordSerializer(serializers.Serializer[User]):
    password = PasswordField(write_only=True)
    password_confirm = PasswordField(write_only=True)

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

    email = LowerCaseEmailField()
    username = UsernameField(
        required=False, help_text=f"{_USERNAME.help_text} Made up when it is left out."
    )


class SignInSerializer(serializers.Serializer[None]):
    """Either name works, in either field."""

    example = {"email": "ada@example.org", "password": "six-wards-one-smoke"}

    email = serializers.CharField(required=False, max_length=254)
    username = serializers.CharField(required=False, max_length=254)
    password = PasswordField()

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

    refresh = serializers.CharField(max_length=2048)


class TokenPairSerializer(serializers.Serializer[Any]):
    example = {
        "access": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.…",
        "refresh": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.…",
    }

    access = serializers.CharField()
    refresh = serializers.CharField()


class SignedInSerializer(TokenPairSerializer):
    user = UserSerializer()


class CsrfSerializer(serializers.Serializer[Any]):
    csrf_token = serializers.CharField(help_text="Send it as the header X-CSRFToken.")


class PasswordChangeSerializer(serializers.Serializer[None]):
    example = {
        "current_password": "six-wards-one-smoke",
        "new_password": "nine-roshans-no-cheese",
    }

    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(serializers.Serializer[None]):
    example = {"email": "ada@example.org"}

    email = LowerCaseEmailField()


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

    email = LowerCaseEmailField()
    password = PasswordField(
        required=False, default="", allow_blank=True, help_text="One's own, if one has one."
    )


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
    url = serializers.CharField(help_text="Where to send the browser.")


class MemberSerializer(ModelSerializer[User]):
    """A member inside of something else."""

    display_name = serializers.CharField(read_only=True)
    avatar = serializers.CharField(read_only=True, help_text="A URL, or empty.")

    class Meta:
        model = User
        fields = ["id", "username", "display_name", "avatar"]
        read_only_fields = fields
