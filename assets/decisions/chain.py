"""The decision models, compiled once by dbt and run by DuckDB alone for any day, on facts that are already there.

This is what makes trying out a month a matter of seconds: everything from the journeys' files to the ledger (whatever
depends on templates or on what was sent) is computed anew, everything else is read as it stands in the warehouse. No
rule is stated here: order and SQL come from dbt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration.dbt import manifest_of
from orchestration.dbt_compile import compile_sql
from orchestration.settings import Settings

LEDGER = "model.fredning.fct_contact_decisions"
BUCKETS = "model.fredning.int_experiments__buckets"
CONTACT_LOG = "model.fredning.stg_outbox__contact_log"

# The day in whose name the models are compiled. It stands in no data, so it can be replaced by the day that is run.
SENTINEL = date(1901, 2, 3)


@dataclass(frozen=True)
class Model:
    """One model of the chain: where it is stored, its SQL for SENTINEL, and how a run changes its relation."""

    name: str
    relation: str
    materialized: str
    sql: str
    has_run_date: bool

    def sql_of(self, run_date: date) -> str:
        """Its SQL for a day."""
        return self.sql.replace(SENTINEL.isoformat(), run_date.isoformat())


class Chain:
    """The part of the manifest between the template files and the ledger."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._manifest = manifest

    @cached_property
    def models(self) -> list[str]:
        """Unique ids, each after everything it reads."""
        parents: Mapping[str, list[str]] = self._manifest["parent_map"]
        needed = _closure([LEDGER], parents)
        changing = _closure(
            [uid for uid in needed if ".stg_templates__" in uid] + [CONTACT_LOG], self._manifest["child_map"]
        )
        chain = {uid for uid in needed & changing if uid.startswith("model.")}
        return list(_in_order(chain, parents))

    @cached_property
    def inputs(self) -> list[str]:
        """Relations (`schema.name`) that the chain reads and does not make."""
        parents = {p for uid in self.models for p in self._manifest["parent_map"][uid]} - set(self.models)
        return sorted(self.relation(uid) for uid in parents if uid.startswith(("model.", "seed.")))

    def relation(self, unique_id: str) -> str:
        """`schema.name` of a node."""
        node = self._manifest["nodes"][unique_id]
        return f"{node['schema']}.{node['name']}"

    def name(self, unique_id: str) -> str:
        """The bare name of a node."""
        return str(self._manifest["nodes"][unique_id]["name"])


def chain_of(settings: Settings) -> Chain:
    """The chain of the prepared project."""
    return Chain(manifest_of(settings))


def compile_chain(settings: Settings, scratch: Path, chain: Chain) -> list[Model]:
    """The chain's SQL against the warehouse file in `scratch` (which must hold the incremental relations already)."""
    nodes = compile_sql(settings, scratch, [chain.name(uid) for uid in chain.models], SENTINEL)
    return [
        Model(
            name=nodes[uid].name,
            relation=chain.relation(uid),
            materialized=nodes[uid].config.materialized,
            sql=nodes[uid].compiled_code,
            has_run_date="run_date" in nodes[uid].columns,
        )
        for uid in chain.models
    ]


def _closure(start: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        uid = waiting.pop()
        if uid not in found:
            found.add(uid)
            waiting.extend(edges.get(uid, ()))
    return found


def _in_order(chain: set[str], parents: Mapping[str, list[str]]) -> Iterable[str]:
    done: set[str] = set()

    def visit(uid: str) -> Iterable[str]:
        if uid in done:
            return
        done.add(uid)
        for parent in sorted(parents[uid]):
            if parent in chain:
                yield from visit(parent)
        yield uid

    for uid in sorted(chain):
        yield from visit(uid)
