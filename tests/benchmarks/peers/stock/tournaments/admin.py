from django.contrib import admin

from .models import Game, Team, Tournament

admin.site.register([Tournament, Team, Game])
