"""What a member links, when several do it at the same moment."""

import time

from app.accounts.errors import SteamAccountTaken, SteamAlreadyLinked
from app.accounts.models import Nonce, User
from app.accounts.services import link_steam, use_nonce
from app.core.steam_id import to_steam_id
from tests.factories import UserFactory
from tests.races import at_once, racing

STEAM_ID = to_steam_id(100_000_101)


def outcome(user, steam_id):
    try:
        link_steam(user=user, steam_id=steam_id)
    except (SteamAccountTaken, SteamAlreadyLinked) as error:
        return error.default_code
    return "linked"


@racing
class TestRace:
    def test_of_many_who_link_one_account_one_has_it(self):
        users = UserFactory.create_batch(6)

        outcomes = at_once(6, lambda number: outcome(users[number], STEAM_ID))

        assert sorted(outcomes) == ["linked"] + ["steam_account_taken"] * 5
        assert User.objects.filter(steam_id=STEAM_ID).count() == 1

    def test_of_many_accounts_that_one_links_one_is_theirs(self):
        user = UserFactory()

        outcomes = at_once(6, lambda number: outcome(user, STEAM_ID + number))

        assert sorted(outcomes) == ["linked"] + ["steam_already_linked"] * 5

    def test_looking_before_writing_would_link_several(self):
        user = UserFactory()

        def look_then_write(number):
            if User.objects.get(pk=user.pk).steam_id is not None:
                return False
            time.sleep(0.05)
            User.objects.filter(pk=user.pk).update(steam_id=STEAM_ID + number)
            return True

        assert sum(at_once(6, look_then_write)) > 1

    def test_a_nonce_counts_once(self):
        assert sum(at_once(8, lambda _: use_nonce("once"))) == 1
        assert Nonce.objects.count() == 1
