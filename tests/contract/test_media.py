"""A picture from a member's hand to where everybody sees it, on every transport."""

from io import BytesIO

import httpx
import pytest
from PIL import Image

from tests.contract import expect

UPLOADS = "/api/media/uploads/"


@pytest.fixture(scope="module")
def png():
    target = BytesIO()
    Image.new("RGB", (300, 200), (20, 40, 220)).save(target, "PNG")
    return target.getvalue()


def begin(caller, data, **fields):
    body = {"purpose": "avatar", "content_type": "image/png", "size": len(data), **fields}
    answer = caller.post(UPLOADS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def send(site, begun, data):
    """Send the form where it is to go, with no token: a bucket, or the site itself."""
    return site.caller().post(
        begun["url"], data=begun["fields"], files={"file": ("me.png", data, "image/png")}
    )


def test_an_upload_begins_with_a_form(member_api, outsider_api, api, png):
    begun = begin(member_api, png, filename="me.png")

    assert begun.keys() == {"upload", "method", "url", "fields", "expires_at"}
    assert begun["method"] == "POST"
    assert begun["url"].startswith("http")
    assert begun["fields"]["key"].startswith("incoming/")
    upload = begun["upload"]
    assert (upload["status"], upload["reason"], upload["pictures"]) == ("pending", "", [])
    path = f"{UPLOADS}{upload['id']}/"
    assert member_api.get(path).json() == upload
    expect.refused(outsider_api.get(path), 404, "not_found")
    expect.refused(outsider_api.post(f"{path}complete/"), 404, "not_found")
    expect.refused(api.get(path), 401, "not_authenticated")


def test_what_is_no_picture_is_named(member_api, png):
    wrong = {"purpose": "banner", "content_type": "image/svg+xml", "size": 2**40}

    expect.invalid(member_api.post(UPLOADS, json=wrong), *wrong)
    expect.invalid(member_api.post(UPLOADS, json={}), *wrong)
    expect.invalid(member_api.put("/api/users/me/avatar/", json={"upload_id": 2**62}), "upload_id")


def test_a_member_uploads_an_avatar_and_everyone_sees_it(
    own_site, member_api, outsider_api, api, png
):
    begun = begin(member_api, png)
    path = f"{UPLOADS}{begun['upload']['id']}/"
    expect.refused(member_api.post(f"{path}complete/"), 409, "upload_missing")
    not_ready = member_api.put("/api/users/me/avatar/", json={"upload_id": begun["upload"]["id"]})
    expect.refused(not_ready, 409, "upload_not_ready")

    sent = send(own_site, begun, png)
    assert (sent.status_code, sent.content) == (204, b"")
    completed = member_api.post(f"{path}complete/")

    # Without a queue, it is made at once.
    assert completed.status_code == 200, completed.text
    assert completed.json()["status"] == "ready", completed.text
    sizes = [(each["width"], each["height"]) for each in completed.json()["pictures"]]
    assert sizes == [(200, 200), (128, 128), (48, 48)]
    shown = member_api.put("/api/users/me/avatar/", json={"upload_id": begun["upload"]["id"]})
    assert shown.status_code == 200, shown.text
    url = shown.json()["avatar"]
    assert url == completed.json()["pictures"][0]["url"]
    seen = outsider_api.get(f"/api/users/{member_api.user['id']}/").json()
    assert seen["avatar"] == url

    picture = api.get(httpx.URL(url).path)
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/webp"
    assert picture.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert Image.open(BytesIO(picture.content)).size == (200, 200)

    assert member_api.delete("/api/users/me/avatar/").status_code == 204
    assert member_api.get("/api/users/me/").json()["avatar"] == ""


def test_what_only_looks_like_a_picture_is_refused_with_the_reason(own_site, member_api, png):
    data = b"MZ" + png[2:]
    begun = begin(member_api, data)
    assert send(own_site, begun, data).status_code == 204

    completed = member_api.post(f"{UPLOADS}{begun['upload']['id']}/complete/")

    assert completed.status_code == 200, completed.text
    assert (completed.json()["status"], completed.json()["pictures"]) == ("refused", [])
    assert "image/png" in completed.json()["reason"]


def test_a_form_that_is_changed_is_refused_as_anything_is(own_site, api, member_api, png):
    begun = begin(member_api, png)

    changed = {**begun, "fields": {**begun["fields"], "key": "public/mine.webp"}}
    expect.refused(send(own_site, changed, png), 403, "fields_changed")
    expect.refused(send(own_site, {**begun, "fields": {}}, png), 403, "bad_signature")
    expect.refused(api.get("/media/public/../settings.py"), 404, "not_found")
    expect.refused(api.get(f"/media/public/{'0' * 32}/512.webp"), 404, "not_found")
