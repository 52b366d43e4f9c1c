"""Where pictures lie: a folder here, or a bucket as bucket.py has it, both by one contract.

A file is sent straight to the storage, as a form whose fields bind its name, type and size. What
was sent lies under incoming/, where nobody reads it, and what we make of it under public/.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast

from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.urls import reverse

from app.media.errors import StorageUnavailable

INCOMING, PUBLIC = "incoming", "public"
# How long a form is good for.
FORM_SECONDS = 600
CACHE_CONTROL = "public, max-age=31536000, immutable"
_SALT = "app.media.form"


class Form(NamedTuple):
    url: str
    """A path where it is of this site."""
    fields: dict[str, str]


class Storage(Protocol):
    def form(self, key: str, *, content_type: str, size: int) -> Form:
        """Answer what the file is to be sent with. Raises StorageUnavailable, as do the others."""

    def content(self, key: str, *, most: int) -> bytes:
        """Read an object, up to so many bytes. Raises FileNotFoundError."""

    def put(self, key: str, data: bytes) -> None:
        """Write a picture, over what there may be."""

    def discard(self, keys: Iterable[str]) -> None:
        """Delete what there is of the objects."""

    def old(self, folder: str, *, before: datetime) -> Iterator[str]:
        """Answer the keys of what was written to the folder before then."""

    def url(self, key: str) -> str:
        """Answer where people find a public object."""


def storage() -> Storage:
    return cast(Storage, default_storage)


class Folder(FileSystemStorage):
    """A folder of this machine; app.media.views.files is what is in front of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_overwrite=True, **options)

    def form(self, key: str, *, content_type: str, size: int) -> Form:
        policy = signing.dumps([key, content_type, size], salt=_SALT)
        fields = {"key": key, "Content-Type": content_type, "policy": policy}
        return Form(reverse("media-incoming"), fields)

    @staticmethod
    def promised(policy: str) -> tuple[str, str, int]:
        """Answer the key, type and size that a form was made for.

        Raises signing.BadSignature for one that is not ours, or too old.
        """
        key, content_type, size = signing.loads(policy, salt=_SALT, max_age=FORM_SECONDS)
        return key, content_type, size

    def receive(self, key: str, file: File[bytes]) -> None:
        with _using():
            self.save(key, file)

    def content(self, key: str, *, most: int) -> bytes:
        with _using(), self.open(key) as file:
            return cast(bytes, file.read(most))

    def put(self, key: str, data: bytes) -> None:
        self.receive(key, ContentFile(data))

    def discard(self, keys: Iterable[str]) -> None:
        with _using():
            for key in keys:
                self.delete(key)
                folder = key.rpartition("/")[0]
                if folder != INCOMING:
                    with suppress(OSError):  # there is more in it
                        self.delete(folder)

    def old(self, folder: str, *, before: datetime) -> Iterator[str]:
        with _using(), suppress(FileNotFoundError):
            _, names = self.listdir(folder)
            for key in (f"{folder}/{name}" for name in names):
                if self.get_modified_time(key) < before:
                    yield key


@contextmanager
def _using() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageUnavailable from error
