"""Links that may stand in a message: https only, to hosts of the allow-list, tagged with the campaign, free of PII."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# What would end an attribute, start a tag, or hide a host has no place in an address.
_FORBIDDEN = re.compile(r"[\s\"'<>\\^`{}|\x00-\x1f\x7f]")
_HREF = re.compile(r"""<a\b[^>]*?\bhref="([^"]*)\"""")
_URL_IN_TEXT = re.compile(r"https://[^\s<>\")]+")


Campaign = tuple[tuple[str, str], ...]


class LinkError(ValueError):
    """A link that must not be sent. The message names the rule and the host, never the whole address."""


def check_url(url: str, hosts: Iterable[str]) -> str:
    """The url itself, if it may stand in a message. Raises `LinkError`."""
    if not isinstance(url, str) or _FORBIDDEN.search(url):
        raise LinkError("a link holds characters that do not belong in an address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise LinkError("a link cannot be parsed") from None
    if parts.scheme != "https":
        raise LinkError("a link is not https")
    if "@" in parts.netloc or port not in (None, 443):
        raise LinkError("a link holds a user name or a port")
    host = (parts.hostname or "").lower()
    if host not in hosts:
        raise LinkError(f"the host {host[:60]!r} is not on the allow-list")
    return url


@lru_cache(maxsize=65_536)
def tagged_url(url: str, hosts: frozenset[str], campaign: Campaign) -> str:
    """A checked link with the campaign's parameters; those that stood there before under the same name give way."""
    check_url(url, hosts)
    parts = urlsplit(url)
    names = {name for name, _ in campaign}
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in names]
    return urlunsplit(parts._replace(query=urlencode([*kept, *campaign])))


def campaign(journey: str, step: str, variant: str, channel: str) -> Campaign:
    """What the shop's own statistics need to know of a visit. An SMS has room for less."""
    if channel == "sms":
        return (("utm_source", "sms"), ("utm_campaign", journey))
    tags = [("utm_source", "fredning"), ("utm_medium", channel), ("utm_campaign", journey), ("utm_content", step)]
    if variant not in ("", "default"):
        tags.append(("utm_term", variant))
    return tuple(tags)


def links_in_html(html: str) -> tuple[str, ...]:
    """Every address that a reader can follow, in order, once."""
    return tuple(dict.fromkeys(url.replace("&amp;", "&") for url in _HREF.findall(html)))


def links_in_text(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_URL_IN_TEXT.findall(text)))
