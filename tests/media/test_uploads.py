"""A member sends a file and says so: the same over a folder and over a bucket."""

import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from app.media.models import Upload
from app.media.services.uploads import MOST_OPEN
from tests.factories import UploadFactory
from tests.media.conftest import UPLOADS
from tests.media.files import EXE, GIF, HTML, JPEG, PNG, SVG, WEBP, encoded, opened, picture

pytestmark = pytest.mark.django_db

Status = Upload.Status


def test_what_is_sent_is_a_picture_in_each_size_and_the_file_is_gone(store, upload, member):
    found = upload(filename="me.png")

    row = Upload.objects.get()
    assert found["status"] == row.status == "ready"
    assert (row.owner, found["filename"], found["reason"]) == (member, "me.png", "")
    assert [(p["width"], p["height"]) for p in found["pictures"]] == [
        *((480, 480), (128, 128), (48, 48))  # the picture has no more than 480
    ]
    assert store.names() == {f"public/{row.key}/{name}.webp" for name in ("512", "128", "48")}
    for shown in found["pictures"]:
        image = opened(store.read(shown["url"][shown["url"].index("public/") :]))
        assert (image.format, *image.size) == ("WEBP", shown["width"], shown["height"])


@pytest.mark.parametrize(
    ("purpose", "shapes"),
    [
        ("avatar", [(512, 512), (128, 128), (48, 48)]),
        ("team_logo", [(512, 256), (128, 64)]),
        ("event_cover", [(1600, 900), (640, 360)]),
    ],
)
def test_each_purpose_has_its_shapes(upload, purpose, shapes):
    data = encoded(picture(2400, 1200), JPEG)

    found = upload(data, purpose=purpose, content_type=JPEG)

    assert [(p["width"], p["height"]) for p in found["pictures"]] == shapes


@pytest.mark.parametrize("content_type", [PNG, JPEG, GIF, WEBP])
def test_each_type_is_taken(made, content_type):
    pictures = made(encoded(content_type=content_type), content_type=content_type)

    assert opened(pictures["48"]).size == (48, 48)


def test_a_form_binds_the_name_the_type_and_the_size(bucket, begin):
    begun = begin(encoded())

    row = Upload.objects.get()
    policy = json.loads(base64.b64decode(begun["fields"]["policy"]))
    assert begun["method"] == "POST"
    assert begun["fields"]["key"] == f"incoming/{row.key}"
    assert begun["fields"]["Content-Type"] == PNG
    conditions = policy["conditions"]
    assert {"Content-Type": PNG} in conditions
    assert ["content-length-range", row.size, row.size] in conditions
    assert {"key": f"incoming/{row.key}"} in conditions
    assert "starts-with" not in str(conditions)
    assert policy["expiration"][:16] == begun["expires_at"][:16]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"purpose": "banner"}, "purpose"),
        ({"content_type": "image/svg+xml"}, "content_type"),
        ({"content_type": "text/html"}, "content_type"),
        ({"size": 0}, "size"),
        ({"size": 5_242_881}, "size"),
        ({"size": 2**63}, "size"),
        ({"filename": "a\nb"}, "filename"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(folder, member_api, fields, wrong):
    body = {"purpose": "avatar", "content_type": PNG, "size": 1000, **fields}

    answer = member_api.post(UPLOADS, body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [wrong])
    assert not Upload.objects.exists()


def test_an_upload_of_another_is_not_there(store, begin, outsider_api, staff_api):
    data = encoded()
    begun = begin(data)
    store.send(begun, data)
    path = f"{UPLOADS}{begun['upload']['id']}/"

    for client in (outsider_api, staff_api):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}complete/").status_code == 404
    assert Upload.objects.get().status == Status.PENDING


def test_what_was_not_sent_is_missing_and_can_be_sent_still(store, begin, member_api):
    data = encoded()
    begun = begin(data)
    path = f"{UPLOADS}{begun['upload']['id']}/"

    answer = member_api.post(f"{path}complete/")

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_missing")
    assert member_api.get(path).json()["status"] == "pending"
    store.send(begun, data)
    assert member_api.post(f"{path}complete/").json()["status"] == "ready"


def test_to_complete_again_changes_nothing(store, upload, member_api):
    found = upload()
    stored = store.names()

    for _ in range(3):
        again = member_api.post(f"{UPLOADS}{found['id']}/complete/")
        assert (again.status_code, again.json()) == (200, found)
    assert member_api.get(f"{UPLOADS}{found['id']}/").json() == found
    assert store.names() == stored


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (EXE, PNG, "announced as"),
        (SVG, PNG, "announced as"),
        (HTML, GIF, "announced as"),
        (encoded(content_type=JPEG), PNG, "announced as"),
        (b"\x89PNG\r\n\x1a\n", PNG, "damaged"),
        (b"GIF89a", GIF, "damaged"),
        (b"RIFF\x04\0\0\0WEBP", WEBP, "damaged"),
        (b"\xff\xd8\xff", JPEG, "damaged"),
    ],
)
def test_what_is_no_such_picture_is_refused_with_the_reason(
    store, refused, data, content_type, reason
):
    assert reason in refused(data, content_type=content_type)
    assert store.names() == set()
    assert Upload.objects.get().status == Status.REFUSED


def test_a_bucket_that_holds_another_size_than_was_said_is_refused(bucket, begin, member_api):
    """S3 itself would not have taken it: moto does not look."""
    begun = begin(encoded())
    for wrong in (encoded()[:-1], encoded() + b"x", b""):
        Upload.objects.update(status=Status.PENDING, reason="")
        bucket.write(begun["fields"]["key"], wrong)

        found = member_api.post(f"{UPLOADS}{begun['upload']['id']}/complete/").json()

        assert found["status"] == "refused"
        assert "bytes that were announced" in found["reason"]
        assert bucket.names() == set()


def test_a_member_has_so_many_open_and_no_more(folder, begin, member, member_api, outsider_api):
    for _ in range(MOST_OPEN):
        begin(encoded())
    body = {"purpose": "avatar", "content_type": PNG, "size": 1000}

    answer = member_api.post(UPLOADS, body)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_uploads")
    assert outsider_api.post(UPLOADS, body).status_code == 201
    # What was completed, or given up, does not count.
    Upload.objects.filter(pk=member.uploads.first().pk).update(status=Status.READY)
    assert member_api.post(UPLOADS, body).status_code == 201
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert member_api.post(UPLOADS, body).status_code == 201


def test_a_member_begins_and_completes_no_more_than_the_rate(folder, settings, begin, member_api):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"uploads": "2/hour"}
    ready = UploadFactory(owner=begin(encoded()) and Upload.objects.get().owner)

    assert member_api.post(f"{UPLOADS}{ready.pk}/complete/").status_code == 200
    body = {"purpose": "avatar", "content_type": PNG, "size": 1000}
    answer = member_api.post(UPLOADS, body)

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert int(answer["Retry-After"]) > 0
    # To look is no write.
    assert member_api.get(f"{UPLOADS}{ready.pk}/").status_code == 200


def test_without_its_storage_an_upload_waits_and_all_else_works(no_bucket, member, member_api):
    body = {"purpose": "avatar", "content_type": PNG, "size": 1000}
    pending = UploadFactory(owner=member, status=Status.PENDING)

    for path, sent in ((UPLOADS, body), (f"{UPLOADS}{pending.pk}/complete/", None)):
        answer = member_api.post(path, sent)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert int(answer["Retry-After"]) > 0
    assert Upload.objects.get().status == Status.PENDING
    assert member_api.get(f"{UPLOADS}{pending.pk}/").status_code == 200
    assert member_api.get("/api/users/me/").status_code == 200


def test_a_bucket_that_refuses_us_is_unavailable_and_no_error_of_ours(bucket, settings, member_api):
    options = settings.STORAGES["default"]["OPTIONS"] | {"bucket_name": "of-nobody"}
    default = settings.STORAGES["default"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": default}

    answer = member_api.post(UPLOADS, {"purpose": "avatar", "content_type": PNG, "size": 1000})

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


@pytest.mark.parametrize("store", ["bucket"], indirect=True)
def test_pictures_in_a_bucket_are_kept_by_whoever_has_seen_them(store, upload):
    url = upload()["pictures"][0]["url"]

    key = url.removeprefix("https://media.guildhall.example/")
    head = store.s3.head_object(Bucket=store.name, Key=key)
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentType"] == "image/webp"
