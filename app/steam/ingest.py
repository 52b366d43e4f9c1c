"""Matches into the database, in bulk, so that storing twice changes nothing."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import sql
from django.db.models.constants import OnConflict
from django.utils import timezone

from app.core.steam_id import to_account_id, to_steam_id
from app.steam import payloads, records
from app.steam.models import Match, MatchPlayer, MemberSync

# What one transaction stores: SQLite takes some 32,000 values in a statement, a player is 25.
BATCH_SIZE = 100

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
]
# What of a match that is known already the details replace.
_UPDATED = [
    *_MATCH_FIELDS,
    "radiant_name",
    "dire_name",
    "match_seq_num",
    "state",
    "reason",
    "source",
    "retry_at",
    "start_time",
    "league_id",
    "picks_bans",
    "updated_at",
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


def store_matches(
    matches: Sequence[payloads.Match], *, source: Match.Source = Match.Source.STEAM
) -> list[int]:
    """Store the matches with their players, and add them to the sums of the members in them.

    Answers the ids of those that were not stored before; the others stay as they are. Six
    statements for each BATCH_SIZE of matches.
    """
    # In one order everywhere, so that two batches with matches in common cannot deadlock.
    ordered = sorted({match.match_id: match for match in matches}.values(), key=_match_id)
    stored = []
    for start in range(0, len(ordered), BATCH_SIZE):
        stored += _store(ordered[start : start + BATCH_SIZE], source)
    return stored


def _match_id(match: payloads.Match) -> int:
    return match.match_id


@transaction.atomic
def _store(matches: Sequence[payloads.Match], source: Match.Source) -> list[int]:
    now = timezone.now()
    members = _lock_members(matches)
    new = _upsert_matches([_match(match, source, now) for match in matches])
    if not new:
        return []
    matches = [match for match in matches if match.match_id in new]
    MatchPlayer.objects.bulk_create(
        [_player(match, player, members) for match in matches for player in match.players],
        update_conflicts=True,
        unique_fields=["match", "player_slot"],
        update_fields=[*_PLAYER_FIELDS, "account_id", "member", "won"],
    )
    if members:
        records.add([match.match_id for match in matches])
    return [match.match_id for match in matches]


def _upsert_matches(matches: Iterable[Match]) -> set[int]:
    """Store the matches; answer the ids of those that were not, each to one of all who try at once.

    Django's bulk_create() can neither leave out the rows that are stored nor say which those are.
    """
    query: Any = sql.InsertQuery(
        Match,
        on_conflict=OnConflict.UPDATE,
        update_fields=[Match._meta.get_field(name) for name in _UPDATED],
        unique_fields=[Match._meta.pk],
    )
    query.insert_values(Match._meta.concrete_fields, list(matches))
    [(statement, params)] = query.get_compiler(connection=connection).as_sql()
    table = connection.ops.quote_name(Match._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{statement} WHERE {table}.state <> 'stored' RETURNING {table}.match_id",
            params,
        )
        return {match_id for (match_id,) in cursor.fetchall()}


def _match(match: payloads.Match, source: Match.Source, now: datetime) -> Match:
    return Match(
        match_id=match.match_id,
        match_seq_num=match.match_seq_num,
        state=Match.State.STORED,
        source=source,
        start_time=datetime.fromtimestamp(match.start_time, UTC),
        league_id=match.leagueid,
        picks_bans=msgspec.to_builtins(match.picks_bans),
        # PostgreSQL keeps no NUL in a text.
        radiant_name=match.radiant_name.replace("\0", ""),
        dire_name=match.dire_name.replace("\0", ""),
        created_at=now,
        updated_at=now,
        **{field: getattr(match, field) for field in _MATCH_FIELDS},
    )


def _lock_members(matches: Sequence[payloads.Match]) -> dict[int, int]:
    """Answer the members who played, by account; what else is stored of them waits.

    A streak is made of all of a member's rows, so those of another batch must be there or not.
    """
    accounts = {player.known_account_id for match in matches for player in match.players} - {None}
    steam_ids = [to_steam_id(account) for account in accounts if account]
    syncs = MemberSync.objects.filter(steam_id__in=steam_ids).order_by("member_id")
    linked = syncs.select_for_update(no_key=True).values_list("steam_id", "member_id")
    return {to_account_id(steam_id): member for steam_id, member in linked}


def _player(match: payloads.Match, player: payloads.Player, members: dict[int, int]) -> MatchPlayer:
    account_id = player.known_account_id
    return MatchPlayer(
        match_id=match.match_id,
        player_slot=player.player_slot,
        account_id=account_id,
        member_id=members.get(account_id) if account_id else None,
        won=player.is_radiant == match.radiant_win,
        **{field: getattr(player, field) for field in _PLAYER_FIELDS},
    )
