"""Discord's Markdown: https://support.discord.com/hc/en-us/articles/210298617"""

import re

_SYNTAX = re.compile(r"([\\*_~`|>#\[\]()<:@-])")


def escape(text: str) -> str:
    """Let a text stand as somebody has written it: no link, no heading, nobody called."""
    return _SYNTAX.sub(r"\\\1", text)
