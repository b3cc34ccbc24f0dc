"""What a check of a broken folder says."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.messaging.journeys import load_templates
from assets.messaging.template_files import Mistake, TemplateErrors


def mistakes_of(root: Path) -> list[Mistake]:
    with pytest.raises(TemplateErrors) as caught:
        load_templates(root)
    return list(caught.value.mistakes)


def only_mistake(root: Path) -> Mistake:
    (mistake,) = mistakes_of(root)
    return mistake
