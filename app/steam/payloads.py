"""Steam's answers, typed and checked.

Decoding raises msgspec.ValidationError, which names the place: "Expected `int`, got `str` - at
`$.players[3].kills`". Keys that are not declared here are ignored, as Steam adds some with every
patch.
"""

from typing import Annotated, NamedTuple

import msgspec

# What the database's columns hold. Steam does send numbers beyond them now and then.
HIGHEST_ID = 2**63 - 1
Id = Annotated[int, msgspec.Meta(ge=1, le=HIGHEST_ID)]
Int = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Unix = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Slot = Annotated[int, msgspec.Meta(ge=0, le=255)]

SteamId = Annotated[str, msgspec.Meta(pattern="^[0-9]{17}$")]

ANONYMOUS = 2**32 - 1
AccountId = Annotated[int, msgspec.Meta(ge=0, le=ANONYMOUS)]

# The most lines of a history that Steam gives at once.
HISTORY_PAGE = 100
# The status in an answer for a player who shares no history.
PRIVATE = 15


class HistoryPlayer(msgspec.Struct, frozen=True):
    player_slot: Slot
    account_id: AccountId | None = None
    hero_id: Count = 0


class HistoryMatch(msgspec.Struct, frozen=True):
    """A line of a player's history: which match, not how it went."""

    match_id: Id
    match_seq_num: Id
    start_time: Unix
    lobby_type: Int = 0
    players: list[HistoryPlayer] = []


class HistoryPage(msgspec.Struct, frozen=True):
    """Each line is decoded apart, so that a bad one spoils no other."""

    status: int
    results_remaining: Count | None = None
    matches: list[msgspec.Raw] | None = None


class History(NamedTuple):
    matches: list[HistoryMatch]
    """The newest first."""
    results_remaining: int


class Player(msgspec.Struct, frozen=True):
    """One row of a match's scoreboard.

    player_slot: bit 7 is the side (1 = dire), bits 0 to 2 the position on it.
    """

    player_slot: Slot
    account_id: AccountId | None = None
    hero_id: Count = 0
    hero_variant: Count = 0
    item_0: Count = 0
    item_1: Count = 0
    item_2: Count = 0
    item_3: Count = 0
    item_4: Count = 0
    item_5: Count = 0
    backpack_0: Count = 0
    backpack_1: Count = 0
    backpack_2: Count = 0
    item_neutral: Count = 0
    item_neutral2: Count = 0
    kills: Count = 0
    deaths: Count = 0
    assists: Count = 0
    leaver_status: Count = 0
    last_hits: Count = 0
    denies: Count = 0
    gold_per_min: Count = 0
    xp_per_min: Count = 0
    level: Count = 0
    net_worth: Int = 0
    hero_damage: Int = 0
    tower_damage: Int = 0
    hero_healing: Int = 0

    @property
    def known_account_id(self) -> int | None:
        """The account, or None for one that hides: every anonymous player shares one number."""
        return None if self.account_id in {0, ANONYMOUS} else self.account_id

    @property
    def is_radiant(self) -> bool:
        return self.player_slot < 128

    @property
    def items(self) -> list[int]:
        """The six inventory slots, 0 where empty."""
        return [self.item_0, self.item_1, self.item_2, self.item_3, self.item_4, self.item_5]

    @property
    def backpack(self) -> list[int]:
        return [self.backpack_0, self.backpack_1, self.backpack_2]


class PickBan(msgspec.Struct, frozen=True):
    is_pick: bool
    hero_id: Count
    team: Count
    order: Count


class Match(msgspec.Struct, frozen=True):
    """A match in full. Times are in seconds; tower and barracks bits are 1 while they stand."""

    match_id: Id
    match_seq_num: Id
    start_time: Unix
    duration: Count
    radiant_win: bool
    players: list[Player]
    lobby_type: Int = 0
    game_mode: Int = 0
    cluster: Int = 0
    leagueid: Int = 0
    human_players: Count = 0
    first_blood_time: Int = 0
    radiant_score: Count = 0
    dire_score: Count = 0
    tower_status_radiant: Count = 0
    tower_status_dire: Count = 0
    barracks_status_radiant: Count = 0
    barracks_status_dire: Count = 0
    radiant_name: str = ""
    dire_name: str = ""
    picks_bans: list[PickBan] = []

    def __post_init__(self) -> None:
        if not self.players:
            raise ValueError("nobody played it")
        slots = [player.player_slot for player in self.players]
        accounts = [p.known_account_id for p in self.players if p.known_account_id is not None]
        for what in (slots, accounts):
            if len(set(what)) < len(what):
                raise ValueError("a slot or an account is there twice")


class Matches(msgspec.Struct, frozen=True):
    """A page by sequence number. Each match is decoded apart, so that a bad one spoils no other."""

    status: int
    matches: list[msgspec.Raw] | None = None


class MatchRef(msgspec.Struct, frozen=True):
    match_id: Id


# The app id of Dota 2, and what a profile's visibility says for everybody.
DOTA = "570"
PUBLIC = 3


class PlayerSummary(msgspec.Struct, frozen=True):
    steamid: SteamId
    personaname: str = ""
    profileurl: str = ""
    avatarfull: str = ""
    communityvisibilitystate: int = 1
    gameid: str = ""

    @property
    def is_public(self) -> bool:
        return self.communityvisibilitystate == PUBLIC

    @property
    def in_dota(self) -> bool:
        """Whether they are in Dota right now; nobody is told of a profile that is not public."""
        return self.gameid == DOTA


class PlayerSummaries(msgspec.Struct, frozen=True):
    players: list[msgspec.Raw]


class Hero(msgspec.Struct, frozen=True):
    id: Count
    name: str
    localized_name: str = ""


class Heroes(msgspec.Struct, frozen=True):
    heroes: list[msgspec.Raw]
    status: int = 200


class LeaguePlayer(msgspec.Struct, frozen=True):
    """team: 0 radiant, 1 dire; casters and who has not sat down have others."""

    account_id: AccountId
    team: int
    hero_id: Count = 0


class LeagueTeam(msgspec.Struct, frozen=True):
    team_name: str = ""


class ScoreboardSide(msgspec.Struct, frozen=True):
    score: Count = 0


class Scoreboard(msgspec.Struct, frozen=True):
    duration: Seconds = 0
    radiant: ScoreboardSide = ScoreboardSide()
    dire: ScoreboardSide = ScoreboardSide()


class LeagueGame(msgspec.Struct, frozen=True):
    match_id: Id
    lobby_id: Id
    players: list[LeaguePlayer] = []
    league_id: Int = 0
    spectators: Count = 0
    stream_delay_s: Seconds = 0
    radiant_team: LeagueTeam = LeagueTeam()
    dire_team: LeagueTeam = LeagueTeam()
    scoreboard: Scoreboard = Scoreboard()


class LeagueGames(msgspec.Struct, frozen=True):
    games: list[msgspec.Raw]
    status: int = 200


class TopPlayer(msgspec.Struct, frozen=True):
    """team: 0 radiant, 1 dire."""

    account_id: AccountId
    team: int
    hero_id: Count = 0


class TopGame(msgspec.Struct, frozen=True):
    match_id: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
    lobby_id: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
    players: list[TopPlayer] = []
    league_id: Int = 0
    spectators: Count = 0
    game_time: Int = 0
    delay: Int = 0
    average_mmr: Count = 0
    radiant_lead: Int = 0
    radiant_score: Count = 0
    dire_score: Count = 0
    team_name_radiant: str = ""
    team_name_dire: str = ""


class TopGamesAnswer(msgspec.Struct, frozen=True):
    game_list: list[msgspec.Raw]


class VanityUrl(msgspec.Struct, frozen=True):
    success: int
    steamid: SteamId | None = None


class HistoryAnswer(msgspec.Struct, frozen=True):
    result: HistoryPage


class HeroesAnswer(msgspec.Struct, frozen=True):
    result: Heroes


class LeagueGamesAnswer(msgspec.Struct, frozen=True):
    result: LeagueGames


class MatchesAnswer(msgspec.Struct, frozen=True):
    result: Matches


class PlayerSummariesAnswer(msgspec.Struct, frozen=True):
    response: PlayerSummaries


class VanityUrlAnswer(msgspec.Struct, frozen=True):
    response: VanityUrl
