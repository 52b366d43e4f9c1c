from app.core.errors import Conflict


class TournamentDeleted(Conflict):
    default_code = "tournament_deleted"
    default_detail = "The tournament has just been deleted."


class TournamentNotOpen(Conflict):
    default_code = "tournament_not_open"
    default_detail = "The tournament is a draft; open its registration first."


class TournamentStarted(Conflict):
    default_code = "tournament_started"
    default_detail = "The tournament has started; this cannot be changed any more."


class TournamentNotRunning(Conflict):
    default_code = "tournament_not_running"
    default_detail = "The tournament is not running."


class TournamentNotStarted(Conflict):
    default_code = "tournament_not_started"
    default_detail = "The tournament has not started yet."


class TournamentHasTeams(Conflict):
    default_code = "tournament_has_teams"
    default_detail = "Teams have signed up; it cannot become a draft again."


class TournamentFull(Conflict):
    default_code = "tournament_full"
    default_detail = "All places of the tournament are taken."


class ImpossibleFormat(Conflict):
    default_code = "impossible_format"
    default_detail = "There is no such bracket for these teams."


class SeriesOpen(Conflict):
    default_code = "series_open"
    default_detail = "There are series left to be played."


class SignUpClosed(Conflict):
    default_code = "sign_up_closed"
    default_detail = "Teams cannot sign up for this tournament now; ask its organiser."


class AlreadyInTeam(Conflict):
    default_code = "already_in_team"
    default_detail = "The member plays for a team of this tournament already."


class NotInTeam(Conflict):
    default_code = "not_in_team"
    default_detail = "The member is not in this team."


class TeamDeleted(Conflict):
    default_code = "team_deleted"
    default_detail = "The team has just been deleted."


class TeamHasPlayed(Conflict):
    default_code = "team_has_played"
    default_detail = "The team has games in this tournament; delete those first."


class TeamNotPlaying(Conflict):
    default_code = "team_not_playing"
    default_detail = "The team does not play in this bracket."


class TeamDisqualified(Conflict):
    default_code = "team_disqualified"
    default_detail = "The team has been disqualified."


class TeamNotDisqualified(Conflict):
    default_code = "team_not_disqualified"
    default_detail = "The team has not been disqualified."


class NoSubstitute(Conflict):
    default_code = "no_substitute"
    default_detail = "Only a team in reserve can take another's place."


class SeriesNotReady(Conflict):
    default_code = "series_not_ready"
    default_detail = "Not both teams of this series are known yet."


class SeriesFinished(Conflict):
    default_code = "series_finished"
    default_detail = "The series has a result; the organiser can correct it."


class SeriesNotFinished(Conflict):
    default_code = "series_not_finished"
    default_detail = "The series has no result to correct; report one."


class SeriesNotDecided(Conflict):
    default_code = "series_not_decided"
    default_detail = "A bye follows from the bracket, and cannot be corrected."


class AlreadyReported(Conflict):
    default_code = "already_reported"
    default_detail = "A result has been reported; confirm or dispute it."


class NotReported(Conflict):
    default_code = "not_reported"
    default_detail = "There is no report to confirm or dispute."


class OwnReport(Conflict):
    default_code = "own_report"
    default_detail = "The other captain confirms what you have reported."


class ResultsFollowed(Conflict):
    default_code = "results_followed"
    default_detail = "Results that follow from this one would be lost; only force lets them go."


class BracketChanged(Conflict):
    default_code = "bracket_changed"
    default_detail = "The bracket has changed since; look at it again."


class GameDeleted(Conflict):
    default_code = "game_deleted"
    default_detail = "The game has just been deleted."


class MatchTaken(Conflict):
    default_code = "match_taken"
    default_detail = "The match is another game of this tournament; change or delete that one."


class SettlementSettled(Conflict):
    default_code = "settlement_settled"
    default_detail = "Somebody has settled this already."
