"""Which gates one message passed and failed, each with its evidence from the ledger's row. Looks nothing up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

# Gates that a service message does not have to pass; the ledger's rows cannot tell "passed" from "not asked".
NOT_ASKED_OF_SERVICE = frozenset(
    {
        "OPEN_SERVICE_CASE",
        "NOTHING_TO_SAY",
        "HOLDOUT",
        "QUARANTINED",
        "RESERVED",
        "OUTRANKED",
        "DUPLICATE_ADDRESS",
    }
)

# Where the evidence of a gate stands in the ledger's JSON.
EVIDENCE_OF = {
    "ADDRESS_SUPPRESSED": ("suppression",),
    "ALREADY_SENT": ("earlier_message",),
    "GOAL_REACHED": ("trigger",),
    "CONDITION_FAILED": ("conditions", "order"),
    "OPEN_SERVICE_CASE": ("service_case",),
    "OFFER_GUARD": ("order",),
    "QUARANTINED": ("rules", "counted_messages", "quarantined_until"),
    "RESERVED": ("reserved_for",),
    "DUPLICATE_ADDRESS": ("kept_by_message",),
}


@dataclass(frozen=True)
class Gate:
    """One gate of one message: `outcome` is passed, failed, or not_asked (service messages)."""

    position: int
    reason: str
    outcome: str
    sentence: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Considered:
    """One row of the ledger with its gates; `row` holds the ledger's own columns."""

    row: dict[str, Any]
    gates: tuple[Gate, ...]


def considered(row: dict[str, Any], reasons: list[dict[str, Any]]) -> Considered:
    """The gates of a row of the ledger, in the order of `reasons` (rows of seeds.decision_reasons)."""
    evidence: dict[str, Any] = json.loads(row.pop("evidence"))
    row["evidence"] = evidence
    gates = []
    for reason in reasons:
        name = reason["reason"]
        if name in row["failed_gates"]:
            outcome = "failed"
        elif row["class"] == "service" and name in NOT_ASKED_OF_SERVICE:
            outcome = "not_asked"
        else:
            outcome = "passed"
        found = {key: evidence[key] for key in EVIDENCE_OF.get(name, ()) if key in evidence and outcome == "failed"}
        if name == "NO_PERMISSION" and outcome == "passed":
            found = {row["permission_basis"]: row["permission_id"]}
        if name == "OUTRANKED" and row["winner_message_id"]:
            found = {"winner_message": row["winner_message_id"]}
        gates.append(Gate(reason["position"], name, outcome, reason["sentence"], found))
    return Considered(row, tuple(gates))
