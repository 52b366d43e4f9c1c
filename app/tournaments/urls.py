from django.urls import path
from rest_framework.routers import SimpleRouter

from app.tournaments.views import games, series, settlements, teams, tournaments

router = SimpleRouter(use_regex_path=False)
router.register("tournaments", tournaments.TournamentViewSet, basename="tournament")
router.register("teams", teams.TeamViewSet, basename="team")
router.register("series", series.SeriesViewSet, basename="series")
router.register("games", games.GameViewSet, basename="game")

_tournament = "tournaments/<int:tournament_id>"
_team = "teams/<int:team_id>"
_series = "series/<int:series_id>"
_settlement = "settlements/<int:settlement_id>"

urlpatterns = [
    path(f"{_tournament}/seeding/", tournaments.SeedingView.as_view()),
    path(f"{_tournament}/start/", tournaments.StartView.as_view()),
    path(f"{_tournament}/finish/", tournaments.FinishView.as_view()),
    path(f"{_tournament}/bracket/", tournaments.BracketView.as_view()),
    path(
        f"{_tournament}/bracket.svg",
        tournaments.BracketPictureView.as_view(),
        name="bracket-picture",
    ),
    path(f"{_tournament}/standings/", tournaments.StandingsView.as_view()),
    path(f"{_tournament}/changes/", tournaments.BracketChangeViewSet.as_view({"get": "list"})),
    path(
        f"{_tournament}/settlements/",
        settlements.SettlementViewSet.as_view({"get": "list"}),
    ),
    path(
        f"{_team}/members/",
        teams.TeamMemberViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        f"{_team}/members/<int:member_id>/",
        teams.TeamMemberViewSet.as_view({"delete": "destroy"}),
    ),
    path(f"{_team}/check-in/", teams.TeamCheckInView.as_view()),
    path(f"{_team}/disqualify/", teams.DisqualifyView.as_view()),
    path(f"{_team}/reinstate/", teams.ReinstateView.as_view()),
    path(f"{_team}/substitute/", teams.SubstituteView.as_view()),
    path(f"{_series}/report/", series.ReportView.as_view()),
    path(f"{_series}/confirm/", series.ConfirmView.as_view()),
    path(f"{_series}/dispute/", series.DisputeView.as_view()),
    path(f"{_series}/correct/", series.CorrectView.as_view()),
    path(f"{_settlement}/accept/", settlements.AcceptView.as_view()),
    path(f"{_settlement}/dismiss/", settlements.DismissView.as_view()),
    *router.urls,
]
