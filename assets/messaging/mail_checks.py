"""What must be true of every finished message, whoever it is for: links, accessibility, size, identity, and
what mail programs do not show.

Says what is wrong, how it is put right, and a piece of source by which the place can be found.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass

from assets.messaging.links import LinkError, check_url, links_in_text
from assets.messaging.messages import RenderedEmail, RenderedSms
from assets.messaging.policy_schema import Brand

# Gmail cuts at 102 KB; what customers' own names and goods add must fit between.
ROOMY_HTML_BYTES = 80_000
_LONG_SUBJECT, _SHOWN_SUBJECT = 78, 60
_MAX_PREHEADER = 150
# Gmail leaves out a whole style block that is longer.
_MAX_STYLE_BYTES = 8_192

_STYLE_BLOCK = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
# Outlook for Windows reads what stands in conditional comments, all others do not.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
# What a mail program fetches by itself when the mail is opened.
_FETCHED = re.compile(
    r"(?:\bsrc=|\bbackground=|<link\b[^>]*\bhref=|\burl\(|@import\s)\s*(?:[\"']|&quot;|&#34;|&#39;)?"
    r"((?:https?:)?//[^\"')>\s]+)",
    re.IGNORECASE,
)
_PITFALLS = (
    (r"<(script|form|input|button|iframe|video|audio|object|embed|svg|canvas)\b", "mail programs strip <{}>"),
    (r"<link\b[^>]*\brel=\"?(stylesheet)", "mail programs do not load a {}"),
    (r"\bon(click|load|error|mouseover)\s*=", "mail programs strip on{}"),
    (r"style=\"[^\"]*\bdisplay:\s*(flex|grid)", "Outlook does not know display: {}"),
    (r"style=\"[^\"]*\bposition:\s*(absolute|fixed|sticky)", "Gmail and Outlook drop position: {}"),
    (r"style=\"[^\"]*(var\(|calc\(|clamp\()", "Outlook and Gmail do not compute {}…)"),
    (r"style=\"[^\"]*\bmargin[a-z-]*:[^;\"]*(-\d+px)", "Outlook drops a negative margin ({})"),
    (r"style=\"[^\"]*\bcolor:\s*(rgba|hsla?|oklch)\(", "Outlook does not know {}()"),
    (r"<img\b[^>]*\bsrc=\"[^\"]*\.(svg|webp|avif)\b", "Outlook and Gmail do not show .{} pictures"),
    (r"<img\b[^>]*\bsrc=\"(data|cid):", "Gmail does not show {}: pictures"),
    (r"<a\b[^>]*\bhref=\"(#[^\"]*|)\"", "a link leads nowhere ({})"),
)


@dataclass(frozen=True)
class Finding:
    """One thing to repair. `found` is text of the message by which its place in the sources can be looked for."""

    problem: str
    remedy: str
    found: str = ""
    is_mistake: bool = True


def mail_findings(mail: RenderedEmail, brand: Brand, hosts: frozenset[str], n_items: int) -> Iterator[Finding]:
    """Everything that is wrong with a finished mail that shows `n_items` products and lines."""
    yield from _links(mail, hosts)
    yield from _accessible(mail.html)
    yield from _shown(mail.html)
    yield from _head(mail)
    for name, value in brand.legal.model_dump().items():
        if value not in entities.unescape(mail.html) or value not in mail.text:
            yield Finding(
                f"the mail does not name the sender's {name.replace('_', ' ')}",
                "The law asks for it in every mail: keep the foot of layouts/marketing in both parts.",
            )
    if (size := len(mail.html.encode())) > ROOMY_HTML_BYTES:
        yield Finding(
            f"the mail has {size / 1000:.0f} KB with {n_items} products and lines; Gmail cuts at 102, we stop at 90",
            "Show fewer products, or take blocks out.",
        )


def sms_findings(sms: RenderedSms, message_class: str) -> Iterator[Finding]:
    """Everything that is wrong with a finished SMS."""
    if message_class != "service" and sms.unsubscribe_url not in sms.text:
        yield Finding("the SMS does not say how to stop", 'Add [[ t("sms_opt_out") ]].')
    if sms.encoding != "GSM-7":
        strange = "".join(sorted({c for c in sms.text if ord(c) > 0x2000}))[:10]
        yield Finding(
            f"the SMS is sent as {sms.encoding} and costs {sms.segments} segments",
            f"Take out what GSM-7 does not know ({strange or 'accents'}): a segment then holds 153 characters, not 67.",
            strange[:1],
            is_mistake=False,
        )


def _links(mail: RenderedEmail, hosts: frozenset[str]) -> Iterator[Finding]:
    for url in mail.links:
        try:
            check_url(url, hosts)
        except LinkError as error:
            yield Finding(str(error), "Use an https address of a host in brand.yml (link_hosts).", url)
    for url in dict.fromkeys(_FETCHED.findall(mail.html)):
        try:
            check_url(entities.unescape(url), hosts)
        except LinkError as error:
            yield Finding(
                f"opening the mail fetches something: {error}",
                "Take it out, or name its host in brand.yml (link_hosts): whoever has it learns who reads, and when.",
                url,
            )
    in_text = links_in_text(mail.text)
    missing = [url for url in mail.links if url not in in_text]
    if missing:
        yield Finding(f"the text part lacks {len(missing)} of the mail's links", "Add them to the .txt.j2 file.")


def _accessible(html: str) -> Iterator[Finding]:
    for picture in re.findall(r"<img\b[^>]*>", html):
        if not re.search(r"\balt=\"[^\"]+\"", picture):
            yield Finding("a picture has no alt text", 'Add alt="…": many read mails without pictures.', _src(picture))
        if not re.search(r"\bwidth=\"\d+\"", picture):
            yield Finding(
                "a picture has no width", 'Add width="…": Outlook shows it in its full size without.', _src(picture)
            )
    if not re.search(r"<html\b[^>]*\blang=\"(?!und)[a-z]{2}", html):
        yield Finding("the mail names no language", 'Write <mjml lang="[[ language ]]">.')
    if not re.search(r"<title>[^<]+</title>", html):
        yield Finding("the mail has no title", "Write <mj-title> in the layout: screen readers say it first.")
    if (n := len(re.findall(r"<h1\b", _COMMENT.sub("", html)))) != 1:
        yield Finding(f"the mail has {n} headings <h1>", "Keep one: screen readers jump to it.", "<h1")
    for opened in re.findall(r"<table\b[^>]*>", _COMMENT.sub("", html)):
        if 'role="presentation"' not in opened:
            yield Finding(
                'a table lacks role="presentation"',
                "Add it: screen readers count rows and columns otherwise.",
                "<table",
            )
            return


def _shown(html: str) -> Iterator[Finding]:
    for block in _STYLE_BLOCK.findall(html):
        if (size := len(block.encode())) > _MAX_STYLE_BYTES:
            yield Finding(
                f"a style block has {size:,} bytes, and Gmail drops it whole beyond {_MAX_STYLE_BYTES:,}",
                "Shorten layouts/client.css.",
            )
    # Each different tag once: a mail repeats a few dozen, and every pattern is looked for in all of them.
    tags = "".join(dict.fromkeys(_TAG.findall(_COMMENT.sub("", _STYLE_BLOCK.sub("", html))))).lower()
    for pattern, problem in _PITFALLS:
        if match := re.search(pattern, tags):
            what = match.group(1)
            yield Finding(problem.format(what), "Use tables, plain colours, PNG or JPEG, and links.", what)


def _head(mail: RenderedEmail) -> Iterator[Finding]:
    if (n := len(mail.subject)) > _LONG_SUBJECT:
        yield Finding(f"the subject has {n} characters", f"Keep it under {_LONG_SUBJECT}; phones show about 40.")
    elif n > _SHOWN_SUBJECT:
        yield Finding(
            f"the subject has {n} characters", "Phones show about 40: begin with what matters.", is_mistake=False
        )
    if not mail.preheader.strip():
        yield Finding("the preheader is empty", "Give the step a text `preheader`.")
    elif len(mail.preheader) > _MAX_PREHEADER:
        yield Finding(f"the preheader has {len(mail.preheader)} characters", f"Keep it under {_MAX_PREHEADER}.")
    elif mail.preheader.strip() == mail.subject.strip():
        yield Finding("the preheader says what the subject says", "Use it to go on from there.", is_mistake=False)


def _src(picture: str) -> str:
    match = re.search(r"\bsrc=\"([^\"]*)\"", picture)
    return match.group(1) if match else "<img"
