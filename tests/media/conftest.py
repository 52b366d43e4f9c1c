"""Both storages, each as a member meets it: what is sent goes to the address of the form."""

import uuid
from io import BytesIO
from pathlib import Path

import boto3
import httpx
import pytest
from django.test import Client

from app.media.models import Upload
from tests.media.files import PNG, encoded

UPLOADS = "/api/media/uploads/"


class FolderStore:
    kind = "folder"

    def __init__(self, root):
        self.root = Path(root)

    def send(self, begun, data, name="file.png"):
        """Send the form as a browser does; answer the status."""
        file = BytesIO(data)
        file.name = name
        path = httpx.URL(begun["url"]).path
        return Client().post(path, {**begun["fields"], "file": file}).status_code

    def names(self):
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)) for path in files}

    def read(self, key):
        return (self.root / key).read_bytes()

    def write(self, key, data):
        (self.root / key).parent.mkdir(parents=True, exist_ok=True)
        (self.root / key).write_bytes(data)


class BucketStore:
    kind = "bucket"

    def __init__(self, endpoint):
        self.name = f"media-{uuid.uuid4().hex}"
        self.s3 = boto3.client("s3", endpoint_url=endpoint)
        self.s3.create_bucket(
            Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )

    def options(self, endpoint):
        return {
            "bucket_name": self.name,
            "region_name": "eu-west-1",
            "endpoint_url": endpoint,
            "addressing_style": "path",
        }

    def send(self, begun, data, name="file.png"):
        answer = httpx.post(
            begun["url"], data=begun["fields"], files={"file": (name, data)}, trust_env=False
        )
        return answer.status_code

    def names(self):
        found = self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {entry["Key"] for entry in found}

    def read(self, key):
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def write(self, key, data):
        self.s3.put_object(Bucket=self.name, Key=key, Body=data)


def with_default(settings, backend, **options):
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with_default(settings, "app.media.storages.Folder")
    return FolderStore(settings.MEDIA_ROOT)


@pytest.fixture
def bucket(settings, sqs):
    """On a real S3 as far as our side can tell: moto's server, which has SQS as well."""
    bucket = BucketStore(sqs)
    settings.MEDIA_URL = "https://media.guildhall.example/"
    with_default(settings, "app.media.bucket.Bucket", **bucket.options(sqs))
    return bucket


@pytest.fixture
def no_bucket(settings):
    """S3 where nobody answers."""
    bucket = {"bucket_name": "media", "region_name": "eu-west-1", "addressing_style": "path"}
    options = {**bucket, "endpoint_url": "http://127.0.0.1:9"}
    with_default(settings, "app.media.bucket.Bucket", **options)


@pytest.fixture(params=["folder", "bucket"])
def store(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def begin(member_api):
    def begin(data=b"", *, client=member_api, content_type=PNG, purpose="avatar", **fields):
        body = {"purpose": purpose, "content_type": content_type, "size": len(data), **fields}
        answer = client.post(UPLOADS, body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    return begin


@pytest.fixture
def upload(store, begin, member_api):
    """Upload as a frontend does; answer what has become of it."""

    def upload(data=None, *, client=member_api, send=None, **fields):
        data = encoded() if data is None else data
        begun = begin(data, client=client, **fields)
        assert store.send(begun, data if send is None else send) == 204
        answer = client.post(f"{UPLOADS}{begun['upload']['id']}/complete/")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return upload


@pytest.fixture
def made(store, upload):
    """Upload a picture; answer the pictures of ours, by name."""

    def made(data=None, **fields):
        found = upload(data, **fields)
        assert (found["status"], found["reason"]) == ("ready", "")
        row = Upload.objects.get(pk=found["id"])
        return {size.name: store.read(row.public_key(size.name)) for size in row.sizes}

    return made


@pytest.fixture
def refused(upload):
    """Upload what is to be refused; answer the reason."""

    def refused(data, **fields):
        found = upload(data, **fields)
        assert (found["status"], found["pictures"]) == ("refused", [])
        return found["reason"]

    return refused
