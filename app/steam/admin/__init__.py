"""What Steam told and how the sync goes: to be looked at, and asked for again."""

from app.steam.admin import live, matches, members, syncs

__all__ = ["live", "matches", "members", "syncs"]
