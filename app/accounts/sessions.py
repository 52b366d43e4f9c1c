from django.contrib.sessions.backends import cached_db


class SessionStore(cached_db.SessionStore):
    """Django's, which asks the database for any key: PostgreSQL fails on one with a NUL in it."""

    def _validate_session_key(self, key: str) -> bool:
        valid: bool = super()._validate_session_key(key)  # type: ignore[misc]  # not in the stubs
        return valid and key.isalnum()
