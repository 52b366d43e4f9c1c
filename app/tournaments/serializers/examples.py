"""One small tournament that all examples are of, so that an id is the same thing in each of them.

The Winter Cup has two groups of two and a playoff of all four. Its bracket is shown when Night Owls
have won the first semi-final, and its standings when the other one is over too.
"""

from typing import Any

TIMES = {"created_at": "2026-10-01T18:10:00Z", "updated_at": "2026-10-01T18:40:00Z"}
STARTED_AT = "2026-10-01T19:00:00Z"
READY_AT = "2026-10-01T19:50:00Z"
PLAYED_AT = "2026-10-01T20:00:00Z"
FINISHED_AT = "2026-10-01T22:40:00Z"

TOURNAMENT_ID = 1
VERSION = 5
"""Of the start, two series of the groups, and both semi-finals."""

NIGHT_OWLS = {"id": 4, "name": "Night Owls", "seed": 1}
FOXES = {"id": 5, "name": "Foxes", "seed": 2}
EARLY_BIRDS = {"id": 9, "name": "Early Birds", "seed": 3}
WOLVES = {"id": 6, "name": "Wolves", "seed": 4}
TEAMS = [NIGHT_OWLS, FOXES, EARLY_BIRDS, WOLVES]
IN_RESERVE: dict[str, Any] = {"id": 12, "name": "Late Arrivals", "seed": None}

SEMI_FINAL_ID, OTHER_SEMI_FINAL_ID, FINAL_ID = 31, 32, 33
GAME_ID = 1
# Ada, the captain of Night Owls, has played in it on the radiant side: the example of steam's.
MATCH_ID, NEXT_MATCH_ID = 8012345678, 8012398765
