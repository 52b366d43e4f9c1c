"""The admin's routes, and the models that it shows: imported when somebody goes there."""

from django.contrib import admin

admin.autodiscover()
urlpatterns = admin.site.get_urls()
