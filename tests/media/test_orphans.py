"""What nobody needs goes: from the storage first, and then from the database."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.core import deadline
from app.media import services, tasks
from app.media.errors import StorageUnavailable
from app.media.models import Upload
from app.media.services import orphans
from tests.factories import EventFactory, TeamFactory, UploadFactory
from tests.media.files import encoded

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def stored(store):
    """Make an upload, of some days ago, with all that can be stored for it."""

    def stored(days=0, **fields):
        upload = UploadFactory(**fields)
        for key in upload.keys:
            store.write(key, b"x")
        then = timezone.now() - timedelta(days=days)
        Upload.objects.filter(pk=upload.pk).update(created_at=then, updated_at=then)
        return upload

    return stored


def test_what_is_given_up_refused_or_unused_for_long_goes(store, stored):
    gone = [
        stored(2, status="pending"),
        stored(8, status="refused"),
        stored(8),
        stored(8, status="processing"),
        stored(owner=None),
        stored(owner=None, status="pending"),
    ]
    kept = [
        stored(0.5, status="pending"),
        stored(6, status="refused"),
        stored(6),
        stored(0, status="processing"),
    ]

    services.remove_orphans()

    assert set(Upload.objects.all()) == set(kept)
    assert not [key for upload in gone for key in upload.keys if key in store.names()]
    assert {key for upload in kept for key in upload.keys} <= store.names()


def test_what_is_shown_stays_however_old(store, stored, member):
    avatar, logo, cover = (
        stored(400, purpose=purpose, owner=None) for purpose in Upload.Purpose.values
    )
    Upload.objects.filter(pk=avatar.pk).update(avatar_of=member)
    member.avatar = avatar.url
    member.save()
    event, team = EventFactory(cover_upload=cover), TeamFactory(logo_upload=logo)

    services.remove_orphans()
    assert Upload.objects.count() == 3

    event.delete()
    team.delete()
    member.avatar = "https://elsewhere.example/picture.png"
    member.save()
    services.remove_orphans()
    assert not Upload.objects.exists()
    assert not [key for key in store.names() if key.startswith("public/")]


def test_who_leaves_leaves_no_avatar_behind(store, upload, member, member_api):
    found = upload()
    member_api.put("/api/users/me/avatar/", {"upload_id": found["id"]})
    assert store.names()

    assert member_api.delete("/api/users/me/").status_code == 204
    services.remove_orphans()

    assert store.names() == set()
    assert not Upload.objects.exists()


def test_files_that_are_of_no_upload_go_after_a_day(store, stored, monkeypatch):
    begun = stored(0.5, status="pending")
    at_it = stored(0.5, status="processing")
    Upload.objects.update(updated_at=timezone.now())
    store.write(f"incoming/{'0' * 32}", b"nobody's")
    store.write("incoming/strange name", b"nobody's")
    ready = stored()
    fresh = store.names()

    services.remove_orphans()
    assert store.names() == fresh

    # As if they had been written two days ago.
    monkeypatch.setattr(orphans, "PENDING_FOR", -DAY)
    services.remove_orphans()
    assert {key for key in store.names() if key.startswith("incoming/")} == {at_it.incoming_key}
    assert {begun, at_it, ready} == set(Upload.objects.all())


def test_a_run_does_so_much_and_the_next_the_rest(store, monkeypatch):
    monkeypatch.setattr(orphans, "BATCH", 2)
    monkeypatch.setattr(orphans, "MOST_BATCHES", 2)
    UploadFactory.create_batch(7, owner=None)

    left = []
    for _ in range(3):
        services.remove_orphans()
        left.append(Upload.objects.count())

    assert left == [3, 0, 0]


def test_a_run_without_time_begins_nothing(folder):
    UploadFactory(owner=None)
    token = deadline._ends_at.set(0)
    try:
        services.remove_orphans()
    finally:
        deadline._ends_at.reset(token)

    assert Upload.objects.count() == 1


def test_without_its_storage_no_row_goes(no_bucket):
    UploadFactory(owner=None)

    with pytest.raises(StorageUnavailable):
        services.remove_orphans()

    assert Upload.objects.count() == 1


def test_what_was_left_half_made_is_made(store, begin):
    data = encoded()
    begun = begin(data)
    store.send(begun, data)
    then = timezone.now() - timedelta(hours=2)
    Upload.objects.update(status="processing", updated_at=then)

    tasks.remove_orphans.enqueue()

    assert Upload.objects.get().status == "ready"


def test_staff_take_a_picture_away_wherever_it_is_shown(store, stored, member, staff):
    avatar, logo, cover = (stored(purpose=purpose) for purpose in Upload.Purpose.values)
    Upload.objects.filter(pk=avatar.pk).update(avatar_of=member)
    member.avatar = avatar.url
    member.save()
    event = EventFactory(cover_upload=cover, cover=cover.url)
    team = TeamFactory(logo_upload=logo, logo=logo.url)

    for upload in (avatar, logo, cover):
        services.remove_upload(upload=upload)

    for row in (member, event, team):
        row.refresh_from_db()
    assert (member.avatar, event.cover, team.logo) == ("", "", "")
    assert store.names() == set()
    services.remove_upload(upload=cover)  # somebody was faster


def test_an_address_elsewhere_stays_when_the_upload_is_removed(store, stored, member):
    upload = stored()
    Upload.objects.filter(pk=upload.pk).update(avatar_of=member)
    member.avatar = "https://elsewhere.example/picture.png"
    member.save()

    services.remove_upload(upload=upload)

    member.refresh_from_db()
    assert member.avatar == "https://elsewhere.example/picture.png"
