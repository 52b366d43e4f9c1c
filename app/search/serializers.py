from typing import Any

from rest_framework import serializers

from app.search.querysets import KINDS, SUMMARY

SAY_WHAT = "Say what to look for: a word, or the beginning of one."


class SearchSerializer(serializers.Serializer[dict[str, Any]]):
    q = serializers.CharField(
        max_length=100,
        help_text='Words, the last one or its beginning; "a phrase", this or that, -without.',
        error_messages={"required": SAY_WHAT, "blank": SAY_WHAT},
    )
    type = serializers.ChoiceField(
        choices=list(KINDS),
        required=False,
        allow_blank=True,
        help_text="The one kind to look for.",
        error_messages={"invalid_choice": f"Choose one of {', '.join(KINDS)}, or leave it out."},
    )


class SearchResultSerializer(serializers.Serializer[dict[str, Any]]):
    example = {
        "type": "team",
        "id": 1,
        "title": "Night Owls",
        "summary": "Winter Cup",
        "rank": 0.607927,
    }

    type = serializers.ChoiceField(choices=list(KINDS))
    id = serializers.IntegerField()
    title = serializers.CharField(help_text="Its name; of a member the name that is shown.")
    summary = serializers.CharField(
        help_text=f"The first {SUMMARY} characters of its description, or else its place; "
        "of a team its tournament, of a member the username.",
    )
    rank = serializers.FloatField(
        help_text="How well it fits, beside the others of the same search."
    )
