"""Staff see what members upload, and take away what nobody should see."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from app.media.models import Upload
from tests.factories import StaffFactory, UploadFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:media_upload_changelist")


@pytest.fixture
def superuser(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def remove(client, *uploads):
    body = {"action": "remove", "_selected_action": [upload.pk for upload in uploads]}
    return client.post(LIST, body, follow=True)


def test_the_list_shows_the_picture_whose_it_is_and_why_one_was_refused(folder, superuser):
    shown = UploadFactory(owner__username="ada")
    UploadFactory(status="refused", reason="The picture is damaged, or broken off.")

    page = superuser.get(LIST).content.decode()

    assert f'<img src="{shown.shown[-1]["url"]}"' in page
    assert "ada" in page
    assert "broken off" in page


def test_what_is_removed_is_gone_from_the_storage_and_from_its_member(
    store, upload, superuser, member, member_api
):
    found = upload()
    member_api.put("/api/users/me/avatar/", {"upload_id": found["id"]})

    page = remove(superuser, Upload.objects.get())

    assert "Removed." in page.content.decode()
    assert store.names() == set()
    assert not Upload.objects.exists()
    assert member_api.get("/api/users/me/").json()["avatar"] == ""


def test_without_its_storage_nothing_is_removed_and_staff_are_told(no_bucket, superuser):
    upload = UploadFactory()

    page = remove(superuser, upload)

    assert "cannot be stored" in page.content.decode()
    assert Upload.objects.get() == upload


def test_who_may_only_look_removes_nothing(folder, client):
    staff = StaffFactory()
    staff.user_permissions.add(Permission.objects.get(codename="view_upload"))
    client.force_login(staff)
    upload = UploadFactory()

    assert client.get(LIST).status_code == 200
    remove(client, upload)
    delete = reverse("admin:media_upload_delete", args=[upload.pk])

    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert Upload.objects.get() == upload
