"""The bracket as a picture: SVG that needs nothing but itself, so that it works in an <img> too."""

from app.tournaments.bracket.svg.picture import render

__all__ = ["render"]
