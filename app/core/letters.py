from typing import Any

from django.template.loader import render_to_string


def letter(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Answer the subject, which is the template's first line, and the body."""
    subject, _, body = render_to_string(template, context).partition("\n")
    return subject, body.strip() + "\n"
