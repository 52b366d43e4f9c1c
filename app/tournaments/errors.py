from app.core.errors import Conflict


class TeamHasPlayed(Conflict):
    default_code = "team_has_played"
    default_detail = "The team has games in this tournament; delete those first."
