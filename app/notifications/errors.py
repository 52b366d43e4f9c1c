"""Why a notification did not go out, in words for whoever looks in the admin."""


class Undelivered(Exception):
    """It did not go out, and is tried again."""


class Refused(Undelivered):
    """It will not go out, however often it is tried."""


class Unavailable(Undelivered):
    """Nothing goes out this way now, and not for `seconds`: 0 if nobody knows."""

    def __init__(self, reason: str, seconds: float = 0) -> None:
        super().__init__(reason)
        self.seconds = seconds
