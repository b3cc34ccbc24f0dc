"""Templates that come out quoted-printable: static text is encoded once when compiled, values when they are filled in.

Every piece ends its line softly, so none needs to know where on a line it begins. A loop over products whose body
depends on the product alone is kept with the product: the next message that shows it only looks it up.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from markupsafe import escape

from assets.messaging.engine import NoneInMessage, Render, compiled, filled_by, html_environment, text_environment
from assets.messaging.mime import QuotedPrintable
from assets.messaging.shelf import Card

_SOFT_BREAK = "=\r\n"
_MAX_LINE = 76
# In these a template's text passes through code before it is put out, so it may not be encoded beforehand.
_CAPTURING = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Block, nodes.Include)

RenderQuoted = Callable[[Mapping[str, Any]], QuotedPrintable]


class _Encoded(str):
    """Text that must not be encoded a second time."""

    __slots__ = ()


def quoted(content: str) -> str:
    """Whole lines of quoted-printable, at most 76 characters each; a line that goes on ends with a soft break."""
    if "\r" in content:
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    # Line by line, because the C function leaves spaces alone that stand before a line end.
    lines = [binascii.b2a_qp(line.encode(), istext=True).decode() for line in content.split("\n")]
    text = "\r\n".join(line.replace("\n", "\r\n") for line in lines)
    if not lines[-1]:
        return text
    if len(text) - text.rfind("\n") > _MAX_LINE:
        # The C function fills the last line to the brim, because nothing is to follow; here a soft break is.
        cut = -3 if text[-3] == "=" else -1
        text = text[:cut] + _SOFT_BREAK + text[cut:]
    return text + _SOFT_BREAK


@lru_cache(maxsize=1 << 14)
def _quoted_text(value: str) -> str:
    return quoted(value)


@lru_cache(maxsize=1 << 14)
def _quoted_html(value: str) -> str:
    return quoted(str(escape(value)))


def _finalize_text(value: Any) -> str:
    if type(value) is str:
        return _quoted_text(value)
    if type(value) is _Encoded:
        return value
    if value is None:
        raise NoneInMessage("a field of the template is empty (None)")
    return quoted(str(value))


def _finalize_html(value: Any) -> str:
    if type(value) is str:
        return _quoted_html(value)
    if type(value) is _Encoded:
        return value
    if value is None:
        raise NoneInMessage("a field of the template is empty (None)")
    return quoted(str(escape(value)))


def compiled_quoted(source: str, *, html: bool) -> RenderQuoted:
    """A function that fills a template in, giving a part's whole body as it stands in the mail.

    Its decoded content is what `engine.compiled` gives (with a last line end), for the same fields and errors.
    """
    make = html_environment if html else text_environment
    tree = make().parse(source)
    if next(tree.find_all(_CAPTURING), None) is not None:
        whole = compiled(make(), source)
        return lambda fields: _body(quoted(whole(fields)))
    # Its own, because the filters that look products up belong to this template only.
    environment = make()
    # Values are escaped by `finalize`, which remembers them; the encoding of the rest is settled below.
    environment.autoescape = False
    environment.finalize = _finalize_html if html else _finalize_text
    for data in tree.find_all(nodes.TemplateData):
        data.data = quoted(data.data)
    for number, loop in enumerate(_product_loops(tree)):
        assert isinstance(loop.target, nodes.Name)
        name = f"shown_{number}"
        body = nodes.Template(loop.body, lineno=loop.lineno).set_environment(environment)
        environment.filters[name] = _remembered(_filled(environment, body), loop.target.name)
        product = nodes.Filter(nodes.Name(loop.target.name, "load"), name, [], [], None, None)
        loop.body = [nodes.Output([product], lineno=loop.lineno)]
    tree.set_environment(environment)
    filled = _filled(environment, tree)
    return lambda fields: _body(filled(fields))


def _body(text: str) -> QuotedPrintable:
    if text.endswith(_SOFT_BREAK):
        text = text[: -len(_SOFT_BREAK)] + "\r\n"
    elif not text:
        text = "\r\n"
    return QuotedPrintable(text.encode("ascii"))


def _filled(environment: jinja2.Environment, tree: nodes.Template) -> Render:
    return filled_by(environment.from_string(tree))


def _product_loops(tree: nodes.Node) -> Iterator[nodes.For]:
    """Outermost loops whose body asks for nothing but what is looped over."""
    for node in tree.iter_child_nodes():
        if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name) and not node.recursive:
            asked = {name.name for child in node.body for name in child.find_all(nodes.Name)}
            asked |= {child.name for child in node.body if isinstance(child, nodes.Name)}
            if asked == {node.target.name} and not any(True for c in node.body for _ in c.find_all(nodes.For)):
                yield node
                continue
        yield from _product_loops(node)


def _remembered(render: Render, name: str) -> Callable[[Any], _Encoded]:
    part = object()

    def shown(product: Any) -> _Encoded:
        if type(product) is not Card:
            return _Encoded(render({name: product}))
        known: _Encoded | None = product.shown.get(part)
        if known is None:
            known = product.shown[part] = _Encoded(render({name: product}))
        return known

    return shown
