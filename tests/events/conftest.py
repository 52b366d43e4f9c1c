import pytest

from app.notifications.models import Notification
from tests.factories import EventFactory, UserFactory


@pytest.fixture
def organiser(db):
    return UserFactory()


@pytest.fixture
def organiser_api(sign_in, organiser):
    return sign_in(organiser)


@pytest.fixture
def event(organiser):
    return EventFactory(created_by=organiser)


@pytest.fixture
def told(db):
    """Answer the ids of those who are mailed under a subject with these words, once per mail."""

    def members(words):
        mails = Notification.objects.filter(channel="email", subject__contains=words)
        return sorted(mails.values_list("member_id", flat=True))

    return members
