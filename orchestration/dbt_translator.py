"""dbt nodes named as Dagster assets: keys, groups, owners, tags, and which tests are checks in the UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.tags import DATA_TEAM, GROUPS, ON_DEMAND_TAGS

# Every landing asset adds to these files, so they are no single asset's output.
REJECTS = dg.AssetKey(["landing", "rejects"])


class FredningTranslator(DagsterDbtTranslator):
    """Names dbt nodes as assets: `[schema, model]`; sources are the Python assets that land them."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return source_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        named = dbt_resource_props["config"].get("meta", {}).get("dagster", {}).get("group")
        return named or group_of(dbt_resource_props["fqn"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return [DATA_TEAM]

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        layer = dbt_resource_props["fqn"][1] if len(dbt_resource_props["fqn"]) > 2 else "seeds"
        return {"layer": layer} | (ON_DEMAND_TAGS if "on_demand" in dbt_resource_props["tags"] else {})

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Named rules and the tests of marts are checks in the UI.

        Key tests of staging and intermediate models run as well, and fail the step when they fail, but as a
        hundred more green dots they would hide the rules that people look for, and cost seconds in every run.
        """
        test = manifest["nodes"][unique_id]
        is_generic = test.get("test_metadata") is not None
        if is_generic and asset_spec.key.path[0] in {"staging", "intermediate", "seeds"}:
            return None
        return super().get_asset_check_spec(asset_spec, manifest, unique_id, project)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        # The default repeats the whole SQL under the description; dbt docs show it better.
        return str(dbt_resource_props.get("description") or "").strip()


def source_key(source: str, table: str) -> dg.AssetKey:
    """The asset that writes the files of a dbt source."""
    if source == "templates":
        return dg.AssetKey(["templates", "journeys"])
    if source == "outbox":
        return dg.AssetKey(["messaging", "hand_off"] if table == "messages" else ["outbox", "contact_log"])
    if source == "identity":
        return dg.AssetKey(["identity", table])
    if (source, table) == ("landing", "rejects"):
        return REJECTS
    if source == "value":
        return dg.AssetKey(["value", table])
    return dg.AssetKey(["landing", source, table])


def group_of(fqn: Sequence[str]) -> str:
    """Asset group of a dbt node: staging and seeds as a whole, otherwise the folder below the layer."""
    parts = list(fqn[1:-1])
    if not parts:
        return "templates"  # seeds: the retailer's own lists
    folder = "staging" if parts[0] == "staging" else parts[1] if len(parts) > 1 else parts[0]
    folder = {"messages": "messaging", "service": "customers"}.get(folder, folder)
    return folder if folder in GROUPS else "decisions"
