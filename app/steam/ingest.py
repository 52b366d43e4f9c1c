"""Steam's matches into the database: bulk upserts, so that storing twice changes nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from django.db import transaction

from app.accounts.models import User
from app.core.steam_id import to_account_id, to_steam_id
from app.steam import payloads
from app.steam.models import Match, MatchPlayer

# Columns that carry a payload's key under the same name.
_MATCH_FIELDS = [
    "duration",
    "radiant_win",
    "lobby_type",
    "game_mode",
    "cluster",
    "human_players",
    "first_blood_time",
    "radiant_score",
    "dire_score",
    "tower_status_radiant",
    "tower_status_dire",
    "barracks_status_radiant",
    "barracks_status_dire",
    "radiant_name",
    "dire_name",
]
_PLAYER_FIELDS = [
    "hero_id",
    "hero_variant",
    "items",
    "backpack",
    "item_neutral",
    "item_neutral2",
    "kills",
    "deaths",
    "assists",
    "leaver_status",
    "last_hits",
    "denies",
    "gold_per_min",
    "xp_per_min",
    "level",
    "net_worth",
    "hero_damage",
    "tower_damage",
    "hero_healing",
]


@transaction.atomic
def store_matches(matches: Sequence[payloads.Match]) -> None:
    """Store the matches with their players, and link the players who are members.

    Three queries, whatever the number of matches.
    """
    if not matches:
        return
    # In one order everywhere, so that two batches with matches in common cannot deadlock.
    matches = sorted(matches, key=lambda match: match.match_id)
    Match.objects.bulk_create(
        map(_match, matches),
        update_conflicts=True,
        unique_fields=["match_id"],
        update_fields=[
            *_MATCH_FIELDS,
            "state",
            "reason",
            "retry_at",
            "start_time",
            "league_id",
            "picks_bans",
            "updated_at",
        ],
    )
    members = _members_by_account(matches)
    MatchPlayer.objects.bulk_create(
        [_player(match, player, members) for match in matches for player in match.players],
        update_conflicts=True,
        unique_fields=["match", "player_slot"],
        update_fields=[*_PLAYER_FIELDS, "account_id", "member"],
    )


def _match(match: payloads.Match) -> Match:
    return Match(
        match_id=match.match_id,
        match_seq_num=match.match_seq_num,
        state=Match.State.STORED,
        start_time=datetime.fromtimestamp(match.start_time, UTC),
        league_id=match.leagueid,
        picks_bans=msgspec.to_builtins(match.picks_bans),
        **{field: getattr(match, field) for field in _MATCH_FIELDS},
    )


def _members_by_account(matches: Sequence[payloads.Match]) -> dict[int, int]:
    accounts = {p.known_account_id for match in matches for p in match.players} - {None}
    steam_ids = [to_steam_id(account) for account in accounts if account is not None]
    linked = User.objects.filter(steam_id__in=steam_ids).values_list("steam_id", "id")
    return {to_account_id(steam_id): member for steam_id, member in linked if steam_id}


def _player(match: payloads.Match, player: payloads.Player, members: dict[int, int]) -> MatchPlayer:
    account_id = player.known_account_id
    return MatchPlayer(
        match_id=match.match_id,
        player_slot=player.player_slot,
        account_id=account_id,
        member_id=members.get(account_id) if account_id else None,
        **{field: getattr(player, field) for field in _PLAYER_FIELDS},
    )
