from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone

from app.accounts.querysets import UserManager
from app.core.steam_id import STEAM_ID_MAX, STEAM_ID_MIN


class User(AbstractBaseUser, PermissionsMixin):
    """A member: signs in by email, and may have linked a Discord and a Steam account."""

    email = models.EmailField(max_length=254)
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

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.UniqueConstraint(Lower("username"), name="user_username_unique"),
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
