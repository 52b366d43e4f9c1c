"""The bytes of an answer."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

# What a URL may hold; the rest, a line break above all, would end the header.
URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%~"


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, payload: object, *, status: int = 200) -> Self:
        body = json.dumps(payload, separators=(",", ":")).encode()
        return cls(status, body, "application/json; charset=UTF-8")

    @classmethod
    def text(cls, text: str, *, status: int = 200) -> Self:
        return cls(status, text.encode(), "text/plain; charset=UTF-8")

    @classmethod
    def page(cls, status: int, title: str, text: str = "") -> Self:
        head = f"<html><head><title>{title}</title></head>"
        body = f"{head}<body><h1>{title}</h1>{text}</body></html>"
        return cls(status, body.encode(), "text/html; charset=UTF-8")

    @classmethod
    def choice(cls, title: str, links: Iterable[tuple[str, str]], *, cancel: str) -> Self:
        """A page for a person to go on from, by one of the links: (label, URL), unescaped."""
        items = "\n".join(f"<li>{_link(label, url)}</li>" for label, url in links)
        text = f"\n<ul>\n{items}\n</ul>\n<p>{_link('Cancel', cancel)}</p>\n"
        return cls.page(200, escape(title), text)

    @classmethod
    def redirect(cls, url: str) -> Self:
        location = quote(url, safe=URL_CHARACTERS)
        return cls.text("", status=302).with_headers({"Location": location})

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        return replace(self, headers={**self.headers, **headers})

    def cut_short(self) -> Self:
        """Half the body, declared as if it were all of it: only parsing finds out."""
        return replace(self, body=self.body[: len(self.body) // 2])

    def delayed(self, seconds: float) -> Self:
        return replace(self, delay=seconds)


def with_query(url: str, fields: Mapping[str, str]) -> str:
    """The URL with the fields behind those that it has."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(fields)]))
    return parts._replace(query=query).geturl()


def _link(label: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(label)}</a>'
