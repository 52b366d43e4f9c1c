"""The limit: the same answers from Python, the driver and orjson, without any framework."""

import os
from datetime import datetime

import jwt
import orjson
import psycopg

SELECT = """
    SELECT game.id, game.tournament_id, game.series_id, game.match_id, game.radiant_id,
        game.dire_id, game.winner_id, game.duration, game.played_at, game.created_at,
        game.updated_at, radiant.name, radiant.seed, dire.name, dire.seed
    FROM tournaments_game game
    JOIN tournaments_team radiant ON radiant.id = game.radiant_id
    JOIN tournaments_team dire ON dire.id = game.dire_id
"""
ONE = f"{SELECT} WHERE game.id = %s"
COUNT = "SELECT count(*) FROM tournaments_game game"
IN_TOURNAMENT = " WHERE game.tournament_id = %s"
PAGE = " ORDER BY game.id DESC LIMIT %s OFFSET %s"
USER = "SELECT id FROM auth_user WHERE id = %s AND is_active"
TEAMS = "SELECT count(*) FROM tournaments_team WHERE tournament_id = %s AND id IN (%s, %s)"
INSERT = """
    INSERT INTO tournaments_game (tournament_id, series_id, match_id, radiant_id, dire_id,
        winner_id, duration, played_at, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now(), now())
    RETURNING id
"""

connection = psycopg.connect(
    os.environ["DATABASE_URL"],
    autocommit=True,
    prepare_threshold=0,
    options="-c TimeZone=UTC",
)


def handler(event, context):
    method, path = event["requestContext"]["http"]["method"], event["rawPath"]
    query = event.get("queryStringParameters", {})
    if path == "/api/hello/":
        return answer(200, {"hello": "world"})
    if path == "/api/games/" and method == "POST":
        return create(event)
    if path == "/api/games/":
        return page(query)
    if path.startswith("/api/games/"):
        return one(int(path.removeprefix("/api/games/").rstrip("/")))
    return answer(404, {"detail": "Not found."})


def page(query):
    size = min(int(query.get("page_size", 40)), 100)
    offset = (int(query.get("page", 1)) - 1) * size
    where, values = "", []
    if "tournament" in query:
        where, values = IN_TOURNAMENT, [int(query["tournament"])]
    [(count,)] = fetch(COUNT + where, values)
    rows = fetch(SELECT + where + PAGE, [*values, size, offset])
    return answer(200, {"count": count, "results": [shown(row) for row in rows]})


def one(game_id):
    rows = fetch(ONE, [game_id])
    return answer(200, shown(rows[0])) if rows else answer(404, {"detail": "Not found."})


def create(event):
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    try:
        claims = jwt.decode(token, os.environ["SECRET_KEY"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return answer(401, {"detail": "The token is not valid."})
    if scheme != "Bearer" or not fetch(USER, [int(claims["user_id"])]):
        return answer(401, {"detail": "The token is not valid."})

    game = orjson.loads(event["body"])
    radiant, dire = game["radiant_id"], game["dire_id"]
    [(teams,)] = fetch(TEAMS, [game["tournament_id"], radiant, dire])
    if teams != 2 or game.get("winner_id") not in {None, radiant, dire}:
        return answer(400, {"detail": "Two of the tournament's teams play, and one may win."})
    played_at = game.get("played_at")
    [(game_id,)] = fetch(
        INSERT,
        [
            game["tournament_id"],
            game.get("series_id"),
            game.get("match_id"),
            radiant,
            dire,
            game.get("winner_id"),
            game.get("duration"),
            played_at and datetime.fromisoformat(played_at),
        ],
    )
    return answer(201, shown(fetch(ONE, [game_id])[0]))


def fetch(statement, values):
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(statement, values).fetchall()


def shown(row):
    (
        game_id,
        tournament_id,
        series_id,
        match_id,
        radiant_id,
        dire_id,
        winner_id,
        duration,
        played_at,
        created_at,
        updated_at,
        radiant_name,
        radiant_seed,
        dire_name,
        dire_seed,
    ) = row
    return {
        "id": game_id,
        "tournament_id": tournament_id,
        "series_id": series_id,
        "match_id": match_id,
        "radiant_id": radiant_id,
        "dire_id": dire_id,
        "winner_id": winner_id,
        "radiant": {"id": radiant_id, "name": radiant_name, "seed": radiant_seed},
        "dire": {"id": dire_id, "name": dire_name, "seed": dire_seed},
        "duration": duration,
        "played_at": played_at,
        "created_at": created_at,
        "updated_at": updated_at,
    }


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": orjson.dumps(body).decode(),
        "isBase64Encoded": False,
    }
