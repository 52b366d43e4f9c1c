from django.urls import path
from rest_framework.routers import SimpleRouter

from app.events.views import calendars, events, registrations

router = SimpleRouter(use_regex_path=False)
router.register("events", events.EventViewSet, basename="event")

urlpatterns = [
    path(
        "dashboard/events/",
        events.DashboardEventViewSet.as_view({"get": "list"}, basename="dashboard-event"),
        name="dashboard-event-list",
    ),
    path(
        "dashboard/events/<int:pk>/",
        events.DashboardEventViewSet.as_view({"get": "retrieve"}, basename="dashboard-event"),
    ),
    path("dashboard/calendar/", calendars.FeedView.as_view()),
    path("events/calendar.ics", calendars.PublicCalendarView.as_view()),
    path(
        "events/calendar/<str:token>.ics",
        calendars.FeedCalendarView.as_view(),
        name="calendar-feed",
    ),
    path("events/<int:event_id>/calendar.ics", calendars.EventCalendarView.as_view()),
    path("events/<int:event_id>/register/", registrations.RegisterView.as_view()),
    path(
        "events/<int:event_id>/registrations/",
        registrations.RegistrationViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "events/<int:event_id>/registrations/<int:registration_id>/",
        registrations.RegistrationViewSet.as_view({"delete": "destroy"}),
    ),
    path("events/<int:event_id>/check-in/", registrations.CheckInView.as_view()),
    path("events/<int:event_id>/no-shows/", registrations.NoShowsView.as_view()),
    *router.urls,
]
