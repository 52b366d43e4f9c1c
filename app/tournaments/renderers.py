"""What is not the API's own JSON: pictures, and brackets in another program's format."""

from app.core.json import JSONRenderer


class PictureRenderer(JSONRenderer):
    """Says that it is a picture. What is none, such as an error, is JSON there too."""

    media_type = "image/svg+xml"
    format = "svg"
    example = '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="720" height="320">…</svg>'


class BracketsManagerRenderer(JSONRenderer):
    """Says that there is ?format=brackets-manager."""

    media_type = "application/vnd.brackets-manager+json"
    format = "brackets-manager"
    example = {
        "participant": [{"id": 4, "tournament_id": 1, "name": "Night Owls"}],
        "stage": [],
        "group": [],
        "round": [],
        "match": [],
        "match_game": [],
    }
