"""Resources that assets ask for by name. Tests hand in their own through `build_defs(resources=…)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.dbt_runner import DbtRunner
from orchestration.settings import Settings


def build_resources(settings: Settings) -> Mapping[str, Any]:
    return {"settings": settings, "dbt": DbtRunner(settings)}
