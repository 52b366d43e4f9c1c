"""What Steam shows right now: games with members in them, and the heroes that there are.

Nobody tells which games ordinary members play: Steam shows those of leagues and about ten top ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from app.core.steam_id import ANONYMOUS, to_account_id, to_steam_id
from app.steam import payloads, services
from app.steam.client import SteamClient
from app.steam.models import Hero, LiveGame, LiveGamePlayer, Match, MemberSync
from app.steam.sources import steam_client
from app.steam.transport import CallError

# Casters and who has not sat down have other numbers.
RADIANT, DIRE = 0, 1


@dataclass
class Shown:
    """A game as Steam shows it, with its players by account: the side and the hero."""

    game: LiveGame
    players: dict[int, tuple[bool, int]]


def poll() -> None:
    """Note the games that Steam shows with members in them, and forget those that it shows no more.

    Raises CallError after the other kind is noted, when one of the two cannot be had.
    """
    kinds: dict[LiveGame.Kind, Callable[[SteamClient], list[Shown]]] = {
        LiveGame.Kind.LEAGUE: lambda client: [*map(_league, client.live_league_games())],
        LiveGame.Kind.TOP: lambda client: [*map(_top, client.top_live_games())],
    }
    failure = None
    with steam_client() as client:
        for kind, ask in kinds.items():
            try:
                _replace(kind, ask(client))
            except CallError as error:
                failure = error
        services.note_usage(source=Match.Source.STEAM, transport=client.transport)
    LiveGame.objects.filter(seen_at__lt=timezone.now() - LiveGame.STALE).delete()
    if failure is not None:
        raise failure


@transaction.atomic
def _replace(kind: LiveGame.Kind, shown: Sequence[Shown]) -> None:
    accounts = {account for each in shown for account in each.players}
    # Not those who have unlinked it since.
    syncs = MemberSync.objects.filter(
        steam_id__in=map(to_steam_id, accounts), member__steam_id=F("steam_id")
    )
    members = {
        to_account_id(steam_id): member
        for steam_id, member in syncs.values_list("steam_id", "member_id")
    }
    ours = {each.game.match_id: each for each in shown if members.keys() & each.players.keys()}
    # One that has become another kind's stays that one's.
    LiveGame.objects.filter(kind=kind).exclude(match_id__in=ours).delete()
    fields = [field.name for field in LiveGame._meta.fields if not field.primary_key]
    LiveGame.objects.bulk_create(
        [ours[match_id].game for match_id in sorted(ours)],
        update_conflicts=True,
        unique_fields=["match_id"],
        update_fields=fields,
    )
    LiveGamePlayer.objects.filter(game__in=ours).delete()
    LiveGamePlayer.objects.bulk_create(
        LiveGamePlayer(
            game_id=match_id,
            account_id=account,
            member_id=members.get(account),
            is_radiant=is_radiant,
            hero_id=hero_id,
        )
        for match_id, each in sorted(ours.items())
        for account, (is_radiant, hero_id) in each.players.items()
    )


def _league(raw: payloads.LeagueGame) -> Shown:
    return Shown(
        LiveGame(
            match_id=raw.match_id,
            kind=LiveGame.Kind.LEAGUE,
            lobby_id=raw.lobby_id,
            league_id=raw.league_id,
            spectators=raw.spectators,
            game_time=int(raw.scoreboard.duration),
            stream_delay=int(raw.stream_delay_s),
            radiant_name=_text(raw.radiant_team.team_name),
            dire_name=_text(raw.dire_team.team_name),
            radiant_score=raw.scoreboard.radiant.score,
            dire_score=raw.scoreboard.dire.score,
            seen_at=timezone.now(),
        ),
        _players(raw.players),
    )


def _top(raw: payloads.TopGame) -> Shown:
    return Shown(
        LiveGame(
            match_id=int(raw.match_id),
            kind=LiveGame.Kind.TOP,
            lobby_id=int(raw.lobby_id),
            league_id=raw.league_id,
            spectators=raw.spectators,
            game_time=raw.game_time,
            stream_delay=raw.delay,
            average_mmr=raw.average_mmr or None,
            radiant_name=_text(raw.team_name_radiant),
            dire_name=_text(raw.team_name_dire),
            radiant_score=raw.radiant_score,
            dire_score=raw.dire_score,
            radiant_lead=raw.radiant_lead,
            seen_at=timezone.now(),
        ),
        _players(raw.players),
    )


def _players(
    players: Sequence[payloads.LeaguePlayer | payloads.TopPlayer],
) -> dict[int, tuple[bool, int]]:
    return {
        player.account_id: (player.team == RADIANT, player.hero_id)
        for player in players
        if player.team in {RADIANT, DIRE} and 0 < player.account_id < ANONYMOUS
    }


def _text(text: str) -> str:
    # PostgreSQL keeps no such character.
    return text.replace("\0", "")


def sync_heroes() -> None:
    """Note the heroes' names. Raises CallError."""
    with steam_client() as client:
        try:
            heroes = client.heroes()
        finally:
            services.note_usage(source=Match.Source.STEAM, transport=client.transport)
    Hero.objects.bulk_create(
        [
            Hero(
                hero_id=hero.id,
                name=_text(hero.name)[:64],
                localized_name=_text(hero.localized_name or hero.name)[:64],
            )
            for hero in {hero.id: hero for hero in heroes}.values()
        ],
        update_conflicts=True,
        unique_fields=["hero_id"],
        update_fields=["name", "localized_name"],
    )
