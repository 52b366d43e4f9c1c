from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from app.core.steam_id import parse_steam_id, to_account_id
from app.steam import services
from app.steam.admin.base import ReadOnlyAdmin
from app.steam.models import Hero, Match, MatchPlayer

# https://github.com/odota/dotaconstants/blob/master/json/lobby_type.json
LOBBIES = {
    0: "Normal",
    1: "Practice, or a league's",
    2: "Tournament",
    4: "Bots",
    7: "Ranked",
    8: "1 on 1",
    9: "Battle cup",
    12: "Event",
}
# Of an account, the newest; to find more is what the API's filters are for.
FOUND = 500
COLUMNS = ["Side", "Player", "Hero", "K / D / A", "Level", "Net worth", "GPM", "XPM", "Left"]


class Lobby(admin.SimpleListFilter):
    """The lobbies that there are, which to read off a million rows takes long."""

    title, parameter_name = "lobby", "lobby"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(number), name) for number, name in LOBBIES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Match]) -> QuerySet[Match]:
        chosen = self.value()
        known = {name for name, _ in self.lookup_choices}
        return queryset.filter(lobby_type=int(chosen)) if chosen in known else queryset


@admin.register(Match)
class MatchAdmin(ReadOnlyAdmin[Match]):
    list_display = [
        "match_id",
        "state",
        "reason",
        "source",
        "start_time",
        "duration",
        "radiant_win",
    ]
    list_filter = ["state", "reason", "source", Lobby]
    search_fields = ["match_id"]
    search_help_text = f"A match's id, or a Steam id in any form: its newest {FOUND} matches."
    actions = ["fetch_again"]

    def get_fields(self, request: HttpRequest, obj: Match | None = None) -> list[Any]:
        return [*super().get_fields(request, obj), "scoreboard"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Match], search_term: str
    ) -> tuple[QuerySet[Match], bool]:
        # Not the admin's own, which makes texts of a million numbers to compare one with.
        term = search_term.strip()
        if not term:
            return queryset, False
        steam_id = parse_steam_id(term)
        match_ids = _played_by(steam_id) if steam_id is not None else []
        if term.isascii() and term.isdecimal() and len(term) < 19:
            match_ids.append(int(term))
        return queryset.filter(pk__in=match_ids), False

    @admin.display(description="Scoreboard")
    def scoreboard(self, match: Match) -> str:
        names = dict(Hero.objects.values_list("hero_id", "localized_name"))
        players = match.players.select_related("member").order_by("player_slot")
        return format_html(
            "<table><tr>{}</tr>{}</table>",
            format_html_join("", "<th>{}</th>", ((column,) for column in COLUMNS)),
            format_html_join(
                "",
                "<tr>{}</tr>",
                (
                    (format_html_join("", "<td>{}</td>", ((cell,) for cell in _row(each, names))),)
                    for each in players
                ),
            ),
        )

    @admin.action(
        description="Fetch the details again, of those that are unavailable", permissions=["change"]
    )
    def fetch_again(self, request: HttpRequest, queryset: QuerySet[Match]) -> None:
        match_ids = list(queryset.values_list("match_id", flat=True))
        count = services.retry_matches(match_ids=match_ids)
        self.message_user(request, f"{count} will be fetched again.", messages.SUCCESS)


def _played_by(steam_id: int) -> list[int]:
    # Each half by the index that there is for it.
    rows = MatchPlayer.objects.order_by("-match_id").values_list("match_id", flat=True)
    of_member = rows.filter(member__steam_id=steam_id)
    of_nobody = rows.filter(member=None, account_id=to_account_id(steam_id))
    return [*of_member[:FOUND], *of_nobody[:FOUND]]


def _row(player: MatchPlayer, names: dict[int, str]) -> list[Any]:
    known = [
        "Radiant" if player.is_radiant else "Dire",
        player.member or player.account_id or "anonymous",
        names.get(player.hero_id, player.hero_id),
    ]
    if player.won is None:
        return [*known, *[""] * 6]
    return [
        *known,
        f"{player.kills} / {player.deaths} / {player.assists}",
        player.level,
        player.net_worth,
        player.gold_per_min,
        player.xp_per_min,
        "yes" if (player.leaver_status or 0) > 1 else "",
    ]
