from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from app.accounts import services, tasks
from app.accounts.models import User
from app.accounts.permissions import may_write
from app.core import throttles
from app.core.steam_id import parse_steam_id

# As far as the database counts.
BIGGEST = 2**63 - 1


class SignInForm(AdminAuthenticationForm):
    """The admin's own door, with the limits of the API's."""

    def clean(self) -> dict[str, Any]:
        assert self.request is not None
        counted = [
            throttles.network(self.request.META["REMOTE_ADDR"]),
            throttles.account(self.cleaned_data.get("username", "")),
        ]
        waits = [throttles.attempt("login", who) for who in counted if who]
        if seconds := max(filter(None, waits), default=None):
            raise ValidationError(f"Too many attempts. Try again in {seconds} seconds.")
        data: dict[str, Any] = super().clean()
        return data


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Staff set a password when it is in the wrong hands, which may hold more than that."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        services.sign_out_everywhere(user=user)
        # Who sets their own goes on: their session is made anew of what stands here.
        user.refresh_from_db(fields=["session_epoch"])
        return user


class IsLinked(admin.SimpleListFilter):
    """Members who have linked an account at another site, or have not."""

    title, parameter_name = "linked", "linked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("steam", "Steam"),
            ("discord", "Discord"),
            ("neither", "Neither"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        match self.value():
            case "steam":
                return queryset.exclude(steam_id=None)
            case "discord":
                return queryset.exclude(discord_id=None)
            case "neither":
                return queryset.filter(steam_id=None, discord_id=None)
        return queryset


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    list_display = [
        "username",
        "email",
        "email_verified",
        "nickname",
        "steam_id",
        "discord_id",
        "in_guild",
        "is_active",
        "is_staff",
    ]
    list_filter = ["is_active", "is_staff", "email_verified", IsLinked, "in_guild"]
    search_fields = ["email", "username", "nickname", "discord_nickname", "guild_nickname"]
    search_help_text = "A name, an email, a Discord id, a Steam id in any form, or a member's id."
    ordering = ["id"]
    change_password_form = PasswordForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    # What is proven is proven by the member: staff can take it away, and not give it.
    readonly_fields = [
        "email_verified",
        "discord_id",
        "discord_nickname",
        "guild_nickname",
        "in_guild",
        "guild_left_at",
        "steam_id",
        "date_joined",
        "last_login",
    ]
    fieldsets = [
        (None, {"fields": ["email", "email_verified", "username", "password"]}),
        ("Shown as", {"fields": ["nickname", "avatar"]}),
        (
            "Discord",
            {
                "fields": [
                    "discord_id",
                    "discord_nickname",
                    "guild_nickname",
                    "in_guild",
                    "guild_left_at",
                ]
            },
        ),
        ("Steam", {"fields": ["steam_id"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("When", {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "username", "password1", "password2"]})]
    actions = [
        "deactivate",
        "reactivate",
        "resend_verification",
        "unlink_steam",
        "unlink_discord",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = [*super().get_readonly_fields(request, obj)]
        # Else staff who may change members could make themselves whatever they like.
        powers = [] if request.user.is_superuser else ["is_staff", "is_superuser", "groups"]
        return fields + powers

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        term, ids = search_term.strip(), Q()
        if term.isdecimal() and len(term) <= len(str(BIGGEST)) and int(term) <= BIGGEST:
            ids |= Q(pk=int(term)) | Q(discord_id=int(term))
        if (steam_id := parse_steam_id(term)) is not None:
            ids |= Q(steam_id=steam_id)
        return (found | queryset.filter(ids) if ids else found), duplicates

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        moved = not change or obj.email != form.initial["email"]
        if moved:
            obj.email_verified = False
        if change:
            # Not what the form has only shown: the member may have changed it meanwhile.
            written = {field.name for field in User._meta.concrete_fields}
            obj.save(update_fields=written.intersection([*form.changed_data, "email_verified"]))
        else:
            obj.save()
        if moved:
            # The admin's page is a transaction, and a worker may be faster than its end.
            transaction.on_commit(
                lambda: tasks.mail_verification.enqueue(user_id=obj.pk, email=obj.email)
            )
        if not obj.is_active:
            services.deactivate(user=obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        # What is a member's goes with them, and is nobody's to delete by itself.
        return found, counts, needed & {User._meta.verbose_name}, protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.delete_member(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.delete_member(user=user)

    @admin.action(description="Deactivate: keep out, signed out everywhere", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, services.deactivate, "deactivated")

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, services.reactivate, "reactivated")

    @admin.action(description="Mail the link that verifies the email again", permissions=["change"])
    def resend_verification(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        unproven = queryset.filter(email_verified=False, is_active=True)
        self._each(request, unproven, services.resend_verification, "mailed")

    @admin.action(description="Unlink the Steam account", permissions=["change"])
    def unlink_steam(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(
            request, queryset.exclude(steam_id=None), services.unlink_steam, "unlinked from Steam"
        )

    @admin.action(description="Unlink the Discord account", permissions=["change"])
    def unlink_discord(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        linked = queryset.exclude(discord_id=None)
        self._each(request, linked, services.unlink_discord, "unlinked from Discord")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[User], service: Any, done: str
    ) -> None:
        count = 0
        for user in queryset:
            if not _may_touch(request, user):
                continue
            try:
                service(user=user)
            except APIException as error:
                self.message_user(request, f"{user}: {error.detail}", messages.WARNING)
                continue
            self.log_change(request, user, f"{done[0].upper()}{done[1:]}")
            count += 1
        self.message_user(request, f"{count} {done}.", messages.SUCCESS)


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    """Tell whether it is no staff, or oneself: whoever may set a password has what it opens."""
    return obj is None or may_write(request.user, obj)
