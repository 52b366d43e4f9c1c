"""A private bucket of S3, with a CDN before what is public of it. Loads boto3: 150 ms."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from storages.backends.s3 import S3Storage

from app.media.errors import StorageUnavailable
from app.media.storages import CACHE_CONTROL, FORM_SECONDS, Form

# Of one request to S3, which takes and lists no more.
_BATCH = 1000
_NO_SUCH_KEY = "NoSuchKey"


class Bucket(S3Storage):  # type: ignore[misc]  # no stubs
    def __init__(self, *, addressing_style: str, **options: Any) -> None:
        # A member waits, and a gateway gives up after 30 seconds.
        config = Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 2},
            signature_version="s3v4",
            s3={"addressing_style": addressing_style},
        )
        super().__init__(client_config=config, **options)

    def form(self, key: str, *, content_type: str, size: int) -> Form:
        with _asking():
            # To sign a form asks nobody: without this, whether S3 is there would be known later.
            self._client.head_bucket(Bucket=self.bucket_name)
            found = self._client.generate_presigned_post(
                self.bucket_name,
                key,
                Fields={"Content-Type": content_type},
                Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
                ExpiresIn=FORM_SECONDS,
            )
        return Form(found["url"], found["fields"])

    def content(self, key: str, *, most: int) -> bytes:
        with _asking():
            found = self._client.get_object(Bucket=self.bucket_name, Key=key)
            with found["Body"] as body:
                data: bytes = body.read(most)
                return data

    def put(self, key: str, data: bytes) -> None:
        with _asking():
            self._client.put_object(
                Bucket=self.bucket_name,
                Key=key,
                Body=data,
                ContentType="image/webp",
                CacheControl=CACHE_CONTROL,
            )

    def discard(self, keys: Iterable[str]) -> None:
        left = iter(keys)
        while batch := [{"Key": key} for key in islice(left, _BATCH)]:
            with _asking():
                answer = self._client.delete_objects(
                    Bucket=self.bucket_name, Delete={"Objects": batch, "Quiet": True}
                )
            if failed := answer.get("Errors"):
                raise StorageUnavailable from RuntimeError(f"S3 did not delete {failed}")

    def old(self, folder: str, *, before: datetime) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket_name, Prefix=f"{folder}/"
        )
        with _asking():
            for page in pages:
                for entry in page.get("Contents", ()):
                    if entry["LastModified"] < before:
                        yield entry["Key"]

    def url(self, key: str, *args: Any, **kwargs: Any) -> str:
        return f"{settings.MEDIA_URL}{key}"

    @property
    def _client(self) -> Any:
        return self.connection.meta.client


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == _NO_SUCH_KEY:
            raise FileNotFoundError from error
        raise StorageUnavailable from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailable from error
