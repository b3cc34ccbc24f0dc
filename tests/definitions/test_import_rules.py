"""Who may import whom, held against the syntax trees of all modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASSEMBLERS = {"definitions", "jobs", "schedules", "sensors", "cli", "runs", "demo", "home"}
OPEN_TO_ASSETS = {
    "carried",
    "settings",
    "partitions",
    "resources",
    "dbt",
    "dbt_compile",
    "dbt_runner",
    "dbt_translator",
    "files",
    "tags",
}
PURE = (
    "assets/messaging/render",
    "assets/messaging/outbox",
    "assets/messaging/channels",
    "assets/experiments/stats",
    "assets/reports/charts",
    "assets/quality",
    "assets/demo",
)


def imported_modules(path: Path) -> set[str]:
    """Full names of all modules that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", modules("assets"), ids=lambda p: str(p.relative_to(ROOT)))
def test_assets_import_only_the_open_part_of_orchestration(path: Path) -> None:
    """Business steps must not know how they are assembled, or tests could not run them alone."""
    used = {
        name.split(".")[1]
        for name in imported_modules(path)
        if name.startswith("orchestration.") and not name.count(".") > 2
    }
    assert used <= OPEN_TO_ASSETS


@pytest.mark.parametrize("path", modules("orchestration"), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_assembling_modules_import_assets(path: Path) -> None:
    """Settings, partitions, resources, dbt and tags are below the assets; an import upwards would be a cycle."""
    uses_assets = any(n == "assets" or n.startswith("assets.") for n in imported_modules(path))
    assert not uses_assets or path.stem in ASSEMBLERS or path.parent.name == "commands"


@pytest.mark.parametrize(
    "path",
    [p for p in modules("assets") if str(p.relative_to(ROOT)).startswith(PURE) and p.stem != "assets"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_pure_modules_do_not_know_dagster(path: Path) -> None:
    """Rendering, statistics, suites, charts, channels, outbox and demo also run from a shell, a service or a test."""
    assert not any(n == "dagster" or n.startswith("dagster.") for n in imported_modules(path))


@pytest.mark.parametrize("path", modules("assets") + modules("orchestration"), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_opens_with_a_charter(path: Path) -> None:
    """A module that cannot say what belongs in it collects everything."""
    tree = ast.parse(path.read_text())
    assert not tree.body or (ast.get_docstring(tree) or "").strip()


@pytest.mark.parametrize("path", modules("assets"), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_settings_read_the_environment(path: Path) -> None:
    """A setting that is read in two places is two settings."""
    attributes = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert not attributes & {"environ", "getenv"}
