"""The sums on a player's page, added to as matches are stored.

They are made of the rows by SQL alone, in the transaction that stores those: one statement for each
table, whatever the number of matches. Who calls holds the lock of the members' MemberSync, as a
streak is made of all rows of a member.
"""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from app.steam.models import HeroRecord, PeerRecord, PlayerRecord

# leaver_status 2 to 4 are what Dota counts as an abandon. Wins since the last loss, or losses since
# the last win: one of the two is 0. The rows come in the order of the keys, so that two batches
# with members in common wait for each other and do not deadlock.
_PLAYERS = """
INSERT INTO steam_playerrecord
    (member_id, games, wins, abandons, kills, deaths, assists, last_played_at, streak)
SELECT summed.member_id, games, wins, abandons, kills, deaths, assists, last_played_at,
    (SELECT COUNT(*) FROM steam_matchplayer won
     WHERE won.member_id = summed.member_id AND won.won AND won.match_id > COALESCE(
         (SELECT MAX(match_id) FROM steam_matchplayer lost
          WHERE lost.member_id = summed.member_id AND NOT lost.won), 0))
    - (SELECT COUNT(*) FROM steam_matchplayer lost
       WHERE lost.member_id = summed.member_id AND NOT lost.won AND lost.match_id > COALESCE(
           (SELECT MAX(match_id) FROM steam_matchplayer won
            WHERE won.member_id = summed.member_id AND won.won), 0))
FROM (
    SELECT p.member_id, COUNT(*) AS games, SUM(CASE WHEN p.won THEN 1 ELSE 0 END) AS wins,
        SUM(CASE WHEN p.leaver_status BETWEEN 2 AND 4 THEN 1 ELSE 0 END) AS abandons,
        SUM(p.kills) AS kills, SUM(p.deaths) AS deaths, SUM(p.assists) AS assists,
        MAX(m.start_time) AS last_played_at
    FROM steam_matchplayer p JOIN steam_match m ON m.match_id = p.match_id
    WHERE p.member_id IS NOT NULL AND p.won IS NOT NULL AND {which}
    GROUP BY p.member_id
) summed
WHERE TRUE
ORDER BY summed.member_id
ON CONFLICT (member_id) DO UPDATE SET
    games = steam_playerrecord.games + excluded.games,
    wins = steam_playerrecord.wins + excluded.wins,
    abandons = steam_playerrecord.abandons + excluded.abandons,
    kills = steam_playerrecord.kills + excluded.kills,
    deaths = steam_playerrecord.deaths + excluded.deaths,
    assists = steam_playerrecord.assists + excluded.assists,
    streak = excluded.streak,
    last_played_at = CASE WHEN excluded.last_played_at > steam_playerrecord.last_played_at
        THEN excluded.last_played_at ELSE steam_playerrecord.last_played_at END
"""

_HEROES = """
INSERT INTO steam_herorecord
    (member_id, hero_id, games, wins, kills, deaths, assists, last_played_at)
SELECT p.member_id, p.hero_id, COUNT(*), SUM(CASE WHEN p.won THEN 1 ELSE 0 END),
    SUM(p.kills), SUM(p.deaths), SUM(p.assists), MAX(m.start_time)
FROM steam_matchplayer p JOIN steam_match m ON m.match_id = p.match_id
WHERE p.member_id IS NOT NULL AND p.won IS NOT NULL AND {which}
GROUP BY p.member_id, p.hero_id
ORDER BY p.member_id, p.hero_id
ON CONFLICT (member_id, hero_id) DO UPDATE SET
    games = steam_herorecord.games + excluded.games,
    wins = steam_herorecord.wins + excluded.wins,
    kills = steam_herorecord.kills + excluded.kills,
    deaths = steam_herorecord.deaths + excluded.deaths,
    assists = steam_herorecord.assists + excluded.assists,
    last_played_at = CASE WHEN excluded.last_played_at > steam_herorecord.last_played_at
        THEN excluded.last_played_at ELSE steam_herorecord.last_played_at END
"""

_PEERS = """
INSERT INTO steam_peerrecord
    (member_id, peer_id, games_with, wins_with, games_against, wins_against, last_played_at)
SELECT p.member_id, peer.member_id,
    SUM(CASE WHEN p.is_radiant = peer.is_radiant THEN 1 ELSE 0 END),
    SUM(CASE WHEN p.is_radiant = peer.is_radiant AND p.won THEN 1 ELSE 0 END),
    SUM(CASE WHEN p.is_radiant <> peer.is_radiant THEN 1 ELSE 0 END),
    SUM(CASE WHEN p.is_radiant <> peer.is_radiant AND p.won THEN 1 ELSE 0 END),
    MAX(m.start_time)
FROM steam_matchplayer p
JOIN steam_matchplayer peer ON peer.match_id = p.match_id AND peer.member_id <> p.member_id
JOIN steam_match m ON m.match_id = p.match_id
WHERE p.member_id IS NOT NULL AND p.won IS NOT NULL AND {which}
GROUP BY p.member_id, peer.member_id
ORDER BY p.member_id, peer.member_id
ON CONFLICT (member_id, peer_id) DO UPDATE SET
    games_with = steam_peerrecord.games_with + excluded.games_with,
    wins_with = steam_peerrecord.wins_with + excluded.wins_with,
    games_against = steam_peerrecord.games_against + excluded.games_against,
    wins_against = steam_peerrecord.wins_against + excluded.wins_against,
    last_played_at = CASE WHEN excluded.last_played_at > steam_peerrecord.last_played_at
        THEN excluded.last_played_at ELSE steam_peerrecord.last_played_at END
"""


# Any number, so long as nothing else in the database locks the same.
_LOCK = 7_205_759_403_793


def lock() -> None:
    """Wait until nobody else links or unlinks a member's rows, up to the end of the transaction.

    Two members have sums in common, and each is summed up anew under the lock of their own alone.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def add(match_ids: Sequence[int]) -> None:
    """Add the matches, stored just now and never before, to the sums of the members in them."""
    which = f"p.match_id IN ({', '.join(['%s'] * len(match_ids))})"
    for sql in (_PLAYERS, _HEROES, _PEERS):
        _execute(sql, which, match_ids)


def rebuild(member_id: int) -> None:
    """Sum up the member's matches anew, for them and for those they played with."""
    forget(member_id)
    for sql in (_PLAYERS, _HEROES):
        _execute(sql, "p.member_id = %s", [member_id])
    _execute(_PEERS, "p.member_id = %s", [member_id])
    _execute(_PEERS, "peer.member_id = %s", [member_id])


def forget(member_id: int) -> None:
    """Delete the member's sums, and those of others with them."""
    PlayerRecord.objects.filter(member=member_id).delete()
    HeroRecord.objects.filter(member=member_id).delete()
    PeerRecord.objects.filter(Q(member=member_id) | Q(peer=member_id)).delete()


def _execute(sql: str, which: str, values: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(which=which), list(values))
