"""The template engine as messages may use it: sandboxed, strict, deaf to None, and with no way to load anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import concat

_TAG = re.compile(r"\{[{%#]")
Render = Callable[[Mapping[str, Any]], str]


class NoneInMessage(ValueError):
    """A field is there but empty of meaning; printing "None" to a customer is never right."""


def _refuse_none(value: Any) -> Any:
    if value is None:
        raise NoneInMessage("a field of the template is empty (None)")
    return value


class _Environment(SandboxedEnvironment):
    """Fields are plain dicts; looking them up first as items keeps names like `items` free and is faster."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def _environment(autoescape: bool) -> SandboxedEnvironment:
    # No loader: nothing that was filled in can ever be read as a template again.
    environment = _Environment(
        autoescape=autoescape, undefined=jinja2.StrictUndefined, finalize=_refuse_none, keep_trailing_newline=True
    )
    # Fields and nothing else: no other engine has these, and they would be copied into every message's context.
    environment.globals.clear()
    return environment


def html_environment() -> SandboxedEnvironment:
    """An engine of its own for HTML parts: what is filled in is escaped."""
    return _environment(autoescape=True)


def text_environment() -> SandboxedEnvironment:
    """An engine of its own for text parts."""
    return _environment(autoescape=False)


HTML, TEXT = html_environment(), text_environment()


def compiled(environment: SandboxedEnvironment, source: str) -> Render:
    """A function that fills in a template. Raises `jinja2.TemplateSyntaxError` now rather than per message."""
    template = environment.from_string(source)
    if not _TAG.search(source):
        return lambda fields: source
    return filled_by(template)


def filled_by(template: jinja2.Template) -> Render:
    """What `template.render` does, without its look for globals, of which we have none."""
    root, environment, blocks = template.root_render_func, template.environment, template.blocks
    return lambda fields: concat(root(Context(environment, dict(fields), template.name, blocks)))


def required_fields(source: str) -> frozenset[str]:
    """Fields that a template needs for every message: all that it names outside of conditions and loops."""
    return frozenset(_names(TEXT.parse(source)))


def _names(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Name):
        yield node.name
        return
    if isinstance(node, nodes.If):
        yield from _names(node.test)
        return
    if isinstance(node, nodes.For):
        yield from _names(node.iter)
        return
    for child in node.iter_child_nodes():
        yield from _names(child)
