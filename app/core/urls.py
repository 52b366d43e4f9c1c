from django.urls import path

from app.core import views

urlpatterns = [
    path("health/", views.ReadinessView.as_view(), name="health"),
    path("health/live/", views.LivenessView.as_view(), name="health-live"),
    path("health/ready/", views.ReadinessView.as_view(), name="health-ready"),
    path("settings/", views.SystemSettingsView.as_view(), name="settings"),
]
