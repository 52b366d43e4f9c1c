"""A folder in a bucket's place: what takes the forms, and what shows the pictures."""

import re
import time
from io import BytesIO

import httpx
import pytest
from django.core import signing
from django.test import Client

from app.media.models import Upload
from app.media.storages import FORM_SECONDS, Folder
from tests.media.conftest import UPLOADS
from tests.media.files import JPEG, encoded

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(folder):
    return folder


@pytest.fixture
def post(folder, begin):
    """Send a form as somebody might who has changed it."""

    def post(data=None, *, file=None, **changes):
        data = encoded() if data is None else data
        begun = begin(data)
        fields = {**begun["fields"], **changes}
        sent = BytesIO(data if file is None else file)
        sent.name = "file.png"
        form = {name: value for name, value in {**fields, "file": sent}.items() if value}
        return Client().post(httpx.URL(begun["url"]).path, form)

    return post


def test_the_form_goes_to_the_host_that_was_asked(begin):
    assert begin(encoded())["url"] == "http://testserver/media/incoming/"


def test_a_form_is_answered_as_s3_answers_it(post, folder):
    answer = post()

    assert (answer.status_code, answer.content) == (204, b"")
    assert folder.names() == {Upload.objects.get().incoming_key}


@pytest.mark.parametrize("size", [-1, 1, 100_000])
def test_another_size_than_was_promised_is_refused(post, folder, size):
    data = encoded()

    answer = post(data, file=data[:size] if size < 0 else data + bytes(size))

    # S3's EntityTooLarge and EntityTooSmall are 400, too.
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_size")
    assert folder.names() == set()


def test_what_is_larger_than_anything_is_refused_unread(post, folder, settings):
    settings.MEDIA_MAX_BYTES = 20_000

    answer = post(b"x" * 100, file=bytes(60_000))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert folder.names() == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "incoming/" + "0" * 32},
        {"key": "public/x/512.webp"},
        {"key": "../settings.py"},
        {"Content-Type": JPEG},
        {"Content-Type": "text/html"},
        {"policy": "made-up"},
        {"policy": signing.dumps(["incoming/x", "image/png", 100])},
        {"policy": None},
        {"key": None},
    ],
)
def test_a_form_that_is_not_as_we_made_it_is_refused(post, folder, changes):
    answer = post(**changes)

    assert answer.status_code == 403
    assert answer.json().keys() == {"detail", "code"}
    assert folder.names() == set()


def test_a_form_without_a_file_is_refused(begin):
    begun = begin(encoded())

    for form in (begun["fields"], {**begun["fields"], "file": "a text"}):
        answer = Client().post("/media/incoming/", form)
        assert answer.status_code == 400
        assert answer.json()["details"] == {
            "non_field_errors": ["The form holds no file, as `file`."]
        }


def test_a_body_that_is_no_form_is_refused(folder):
    for content_type in ("application/json", "multipart/form-data", "text/plain"):
        answer = Client().post("/media/incoming/", b"{}", content_type=content_type)
        assert answer.status_code in {400, 403}, content_type
        assert answer["Content-Type"] == "application/json"
    assert Client().get("/media/incoming/").status_code == 405


@pytest.mark.parametrize(("seconds", "status"), [(-5, 204), (5, 403)])
def test_a_form_is_good_for_its_time_and_no_longer(post, monkeypatch, seconds, status):
    data, now = encoded(), time.time()
    key = f"incoming/{'a' * 32}"
    monkeypatch.setattr(time, "time", lambda: now - FORM_SECONDS - seconds)
    form = Folder().form(key, content_type="image/png", size=len(data))
    monkeypatch.setattr(time, "time", lambda: now)

    answer = post(data, **form.fields)

    assert answer.status_code == status
    assert status == 204 or answer.json()["code"] == "expired"


def test_a_page_of_the_frontend_may_send_the_form(folder, begin, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.guildhall.example"]
    begun = begin(encoded())

    answer = Client().post(
        "/media/incoming/",
        {**begun["fields"], "file": BytesIO(encoded())},
        headers={"Origin": "https://app.guildhall.example"},
    )

    assert answer["Access-Control-Allow-Origin"] == "https://app.guildhall.example"


def test_a_picture_is_shown_to_anyone_for_good(api, upload):
    for shown in upload()["pictures"]:
        answer = Client().get(httpx.URL(shown["url"]).path)

        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/webp"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer)[:4] == b"RIFF"


def test_what_was_sent_is_shown_to_nobody(post, folder):
    post()
    [key] = folder.names()

    assert Client().get(f"/media/{key}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "public/{key}/513.webp",
        "public/{key}/512.png",
        "public/{key}/",
        "public/{key}",
        "public/",
        "public/../{key}/512.webp",
        "public/..%2f..%2fsecret/512.webp",
        "public/{upper}/512.webp",
        "public/{key}/..%2f..%2f..%2fsecret.webp",
        "public/{key}/512%00.webp",
        "public//etc/passwd",
        "incoming/{key}",
    ],
)
def test_nothing_else_is_shown(upload, folder, path):
    upload()
    key = Upload.objects.get().key
    folder.write("secret.webp", b"secret")

    answer = Client().get("/media/" + path.format(key=key, upper=key.upper() + "Z"))

    assert answer.status_code in {404, 405}
    assert b"secret" not in answer.content
    assert answer.json().keys() == {"detail", "code"} or answer.status_code == 405


def test_where_there_is_a_bucket_there_is_no_folder(bucket, client):
    assert client.post("/media/incoming/").status_code == 404
    assert client.get(f"/media/public/{'a' * 32}/512.webp").status_code == 404


def test_a_folder_that_cannot_be_written_is_a_storage_that_is_not_there(
    settings, tmp_path, post, member_api
):
    (tmp_path / "media").write_text("no folder")

    answer = post()

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    path = f"{UPLOADS}{Upload.objects.get().pk}/complete/"
    answer = member_api.post(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert re.fullmatch(r"\d+", answer["Retry-After"])
