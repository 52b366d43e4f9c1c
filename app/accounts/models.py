import uuid

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone
from django.utils.crypto import salted_hmac

from app.accounts.querysets import UserManager
from app.core.search import SearchIndex
from app.core.steam_id import STEAM_ID_MAX, STEAM_ID_MIN


class User(AbstractBaseUser, PermissionsMixin):
    """A member: signs in by email, and may have linked a Discord and a Steam account."""

    email = models.EmailField(max_length=254)
    # Anyone may say that an address is theirs; of those who do, one can have proven it.
    email_verified = models.BooleanField(
        default=False, help_text="The member has answered a mail that was sent to the address."
    )
    username = models.CharField(
        max_length=32,
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{2,31}\Z",
                "Use 3 to 32 letters, digits, dots, hyphens or underscores; "
                "begin with none of the dots and hyphens.",
            )
        ],
        help_text="3 to 32 letters, digits, dots, hyphens or underscores.",
    )
    nickname = models.CharField(
        max_length=64, blank=True, help_text="What the member wants to be called."
    )
    avatar = models.URLField(max_length=500, blank=True)

    discord_id = models.PositiveBigIntegerField(null=True, blank=True, unique=True)
    discord_nickname = models.CharField(max_length=64, blank=True)
    guild_nickname = models.CharField(
        max_length=64, blank=True, help_text="The nickname in the community's Discord server."
    )
    in_guild = models.BooleanField(default=False, help_text="Is in the community's Discord server.")
    guild_left_at = models.DateTimeField(
        null=True, blank=True, help_text="When the member was first missed in the Discord server."
    )
    steam_id = models.BigIntegerField(
        null=True,
        blank=True,
        unique=True,
        validators=[MinValueValidator(STEAM_ID_MIN), MaxValueValidator(STEAM_ID_MAX)],
        help_text="SteamID64 of an individual account.",
    )

    display_name = models.GeneratedField(
        expression=Coalesce(
            NullIf("nickname", Value("")),
            NullIf("guild_nickname", Value("")),
            NullIf("discord_nickname", Value("")),
            "username",
        ),
        output_field=models.CharField(max_length=64),
        db_persist=True,
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    session_epoch = models.PositiveIntegerField(
        default=0, editable=False, help_text="Raised to end all of the member's sessions."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

    objects = UserManager()

    class Meta:
        verbose_name = "member"
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(email_verified=True),
                name="user_verified_email_unique",
            ),
            models.UniqueConstraint(Lower("username"), name="user_username_unique"),
        ]
        indexes = [
            models.Index(Lower("email"), name="user_email"),
            # Never the email, which is for the member and for staff.
            SearchIndex(
                weights={
                    "username": "A",
                    "nickname": "A",
                    "guild_nickname": "B",
                    "discord_nickname": "B",
                },
                name="user_search",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        # Not AbstractBaseUser's: it lowers the domain alone.
        self.email = self.email.lower()

    def get_short_name(self) -> str:
        return str(self.display_name)

    def get_full_name(self) -> str:
        return str(self.display_name)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # What a session must match to be believed; Django's own is of the password alone.
        value = f"{self.password}:{self.session_epoch}"
        key_salt = "app.accounts.models.User.session"
        return salted_hmac(key_salt, value, secret=secret, algorithm="sha256").hexdigest()


class TokenFamily(models.Model):
    """The refresh tokens that descend from one sign-in, of which the newest alone is good.

    Who signs out deletes it, and whatever carries its id is worthless from then on.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="token_families"
    )
    jti = models.CharField(max_length=32, help_text="The id of the refresh token that is good.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return str(self.pk)


class Nonce(models.Model):
    """A value that counts once: of a sign-in that goes by another site."""

    value = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.value
