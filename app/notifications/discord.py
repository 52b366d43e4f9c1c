"""Posting to a channel, by a webhook: https://discord.com/developers/docs/resources/webhook

The webhook's URL is a secret, and no error here has it.
"""

import httpx

from app.notifications.errors import Refused, Unavailable

# No previews: what a link leads to is not ours to show.
SUPPRESS_EMBEDS = 1 << 2


def post(*, url: str, text: str, timeout: float) -> None:
    """Post the text, of 2,000 characters at most, and call nobody by it.

    Raises Refused; Unavailable, also when Discord wants to be left alone.
    """
    body = {"content": text, "allowed_mentions": {"parse": []}, "flags": SUPPRESS_EMBEDS}
    try:
        # Without `wait` Discord answers before it knows whether there will be a message.
        waiting = httpx.URL(url).copy_merge_params({"wait": "true"})
        response = httpx.post(waiting, json=body, timeout=timeout)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # a host may be no name
        raise Unavailable(f"Discord: {type(error).__name__}") from None
    status = response.status_code
    if status == 429:
        raise Unavailable("Discord: 429", _seconds(response.headers.get("Retry-After")))
    if status in {401, 404}:
        raise Refused(f"Discord: {status}, there is no such webhook")
    if 400 <= status < 500:
        raise Refused(f"Discord: {status}")
    if status != 200 or not _is_message(response):
        raise Unavailable(f"Discord: {status}, and no message")


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0


def _is_message(response: httpx.Response) -> bool:
    try:
        return "id" in response.json()
    except (TypeError, ValueError):
        return False
