"""The shipped templates, and what renders them."""

from __future__ import annotations

import pytest

from assets.messaging.content import ContentRow
from assets.messaging.journeys import Templates, load_templates
from assets.messaging.render import Renderer
from tests.unit.messaging.render.rows import row_of
from tests.unit.messaging.template_root import SETTINGS, SHIPPED


@pytest.fixture(scope="package")
def templates() -> Templates:
    return load_templates(SHIPPED, check_texts=False)


@pytest.fixture(scope="package")
def renderer(templates: Templates) -> Renderer:
    return Renderer(SETTINGS, templates)


@pytest.fixture
def cart(templates: Templates) -> ContentRow:
    return row_of(templates, "cart_abandoned", "saved")


@pytest.fixture
def coffee(templates: Templates) -> ContentRow:
    return row_of(templates, "post_purchase_coffee", "tips")
