"""What a page costs once there are many games."""

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from urllib.parse import parse_qsl, urlsplit

from tests.benchmarks import data, databases
from tests.benchmarks.cases import Ask, Case, page, page_is_right
from tests.benchmarks.contestants import Servers, Worker
from tests.benchmarks.events import Request
from tests.benchmarks.harness import Figures, say, turns
from tests.benchmarks.roster import CURVE_PEERS

FEW = data.FIRST_GAMES
MANY = 1_000_000
DEEP_PAGE = 5_000
ROUNDS = 10
# Of each case in a round: few, as some take a tenth of a second.
REQUESTS = 4

TITLES = {
    "tournament": "a tournament of 40 games",
    "first": "all games, page 1",
    "large": "a quarter of all in one tournament, page 1",
    "deep": f"the same, page {DEEP_PAGE:,}",
    "linked": f"page {DEEP_PAGE:,} by the link of the page before",
}


def measure(servers: Servers, many: int) -> dict[str, Figures]:
    """Answer by peer and case the medians in microseconds, of `few` games and of `many`."""
    figures: dict[str, Figures] = {peer.name: {name: {} for name in TITLES} for peer in CURVE_PEERS}
    sizes = {"few": FEW, "many": many}
    with ExitStack() as stack:
        entrants = []
        for size, games in sizes.items():
            say(f"{games:,} games")
            made = {schema: _make(servers, schema, games) for schema in servers.tokens}
            for peer in CURVE_PEERS:
                worker = stack.enter_context(Worker(servers.enter(peer, made[peer.schema])))
                cases = cases_of(games, worker.ask)
                for case in cases:
                    case.verify(worker.ask)
                    worker.serve(case, range(REQUESTS))
                entrants += [(case, size, worker) for case in cases]
        # Few and many of a case follow each other, as they are compared.
        entrants.sort(key=lambda entrant: list(TITLES).index(entrant[0].name))
        for number in range(ROUNDS):
            for case, _, worker in turns(entrants, number):
                worker.time(case, range(number * REQUESTS, (number + 1) * REQUESTS))
    for case, size, worker in entrants:
        walls = worker.contestant.walls[case.name]
        figures[worker.contestant.peer.name][case.name][size] = median(walls) / 1e3
    return figures


def cases_of(games: int, ask: Ask) -> list[Case]:
    """Answer what is asked of a peer whose database has so many games."""
    newest = range(games, games - data.GAMES, -1)
    cases = [_of_a_tournament(games), _case("first", page(), games, newest)]
    if games > FEW:
        cases += _of_the_large((games - FEW) // data.LARGE_SHARE, ask)
    return cases


def _of_a_tournament(games: int) -> Case:
    tournaments = range(1, data.TOURNAMENTS + 1)
    if games > FEW:
        # As many from all over the table: what is compared is how they are found, and not whether
        # they still lie in memory. The last one may have fewer than 40 games.
        later = range(data.LARGE + 1, data.tournament_of(games - 1))
        tournaments = later[:: max(1, len(later) // data.TOURNAMENTS)]

    def request(number: int) -> Request:
        return page(tournament=tournaments[number % len(tournaments)])

    def verify(ask: Ask) -> None:
        for tournament in tournaments:
            numbers = data.games_of(tournament)
            page_is_right(ask, page(tournament=tournament), count=data.GAMES, numbers=numbers)

    return Case("tournament", TITLES["tournament"], request, verify)


def _of_the_large(count: int, ask: Ask) -> list[Case]:
    def asked(number: int) -> Request:
        return page(tournament=data.LARGE, page=number)

    def shown(number: int) -> range:
        newest = FEW + data.LARGE_SHARE * (count - (number - 1) * data.GAMES)
        return range(newest, newest - data.LARGE_SHARE * data.GAMES, -data.LARGE_SHARE)

    deep = min(DEEP_PAGE, count // data.GAMES)
    cases = [
        _case("large", asked(1), count, shown(1)),
        _case("deep", asked(deep), count, shown(deep)),
    ]
    _, before = ask(asked(deep - 1))
    # Not every peer's pages have links.
    if link := before.get("next"):
        linked = page(**dict(parse_qsl(urlsplit(link).query)))
        cases.append(_case("linked", linked, count, shown(deep)))
    return cases


def _case(name: str, request: Request, count: int, numbers: Sequence[int]) -> Case:
    return Case(
        name,
        TITLES[name],
        lambda number: request,
        lambda ask: page_is_right(ask, request, count=count, numbers=numbers),
    )


def _make(servers: Servers, schema: str, games: int) -> str:
    database = databases.create(servers.postgresql, f"{schema}_{games}", schema)
    if games > FEW:
        databases.grow(database, games)
    return database
