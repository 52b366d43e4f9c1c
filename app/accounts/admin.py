from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models

from app.accounts.models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    list_display = ["username", "email", "nickname", "steam_id", "discord_id", "is_staff"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["=id", "email", "username", "nickname", "=steam_id", "=discord_id"]
    ordering = ["id"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    readonly_fields = ["date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "username", "password"]}),
        ("Shown as", {"fields": ["nickname", "avatar"]}),
        ("Discord", {"fields": ["discord_id", "discord_nickname", "guild_nickname"]}),
        ("Steam", {"fields": ["steam_id"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("When", {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "username", "password1", "password2"]})]
