"""Tests to a seed list, approval and the kill switch as a person meets them in the Dagster UI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.messaging.approvals import APPROVED
from assets.messaging.ledger_lookups import is_stopped, require_batch
from assets.messaging.ops import approve_waiting_batch, resume_all_sending, stop_all_sending
from assets.messaging.outbox import Outbox
from assets.messaging.seeds.ops import send_samples_to_seeds
from orchestration.settings import Settings
from tests.faults import kit
from tests.servers.scripted import smtp_server


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return kit.settings(tmp_path, approval="manual")


@pytest.fixture
def outbox(home: Settings) -> Iterator[Outbox]:
    with Outbox(home.ledger_path) as ledger:
        ledger.create()
        yield ledger


def start(op: Any, home: Settings, **config: Any) -> None:
    with dg.build_op_context(resources={"settings": home}, op_config=config) as context:
        op(context)


def refusal(op: Any, home: Settings, **config: Any) -> str:
    with pytest.raises(dg.Failure) as failed:
        start(op, home, **config)
    return str(failed.value.description)


def waiting(home: Settings, outbox: Outbox) -> list[dict[str, Any]]:
    """Two batches of different journeys that wait for approval."""
    content = kit.ListContent([kit.row(1), kit.row(2, journey="welcome", step="hello")])
    report = kit.hand_off(home, outbox, content).run()
    assert not report.sent
    return [require_batch(outbox, batch_id) for batch_id in sorted(report.held)]


def test_a_batch_approved_by_its_hash_leaves_with_the_next_hand_off(home: Settings, outbox: Outbox) -> None:
    """The other batch waits on."""
    first, second = waiting(home, outbox)
    start(approve_waiting_batch, home, batch=first["batch_id"], sha256=first["sha256"], by="Kari")
    approved = require_batch(outbox, first["batch_id"])
    assert (approved["state"], approved["approved_by"]) == (APPROVED, "Kari")
    content = kit.ListContent([kit.row(1), kit.row(2, journey="welcome", step="hello")])
    report = kit.hand_off(home, outbox, content).run()
    assert (report.sent, list(report.held)) == ([first["batch_id"]], [second["batch_id"]])


def test_a_hash_that_is_not_the_batchs_is_refused_and_changes_nothing(home: Settings, outbox: Outbox) -> None:
    """Whoever looked at one batch must not let another one go by a slip of the clipboard."""
    first, second = waiting(home, outbox)
    said = refusal(approve_waiting_batch, home, batch=first["batch_id"], sha256=second["sha256"], by="Kari")
    assert first["batch_id"] in said
    assert second["batch_id"] in said
    assert "no batch has the hash" in refusal(
        approve_waiting_batch, home, batch=first["batch_id"], sha256="0" * 64, by="Kari"
    )
    assert "64 digits" in refusal(approve_waiting_batch, home, batch=first["batch_id"], sha256="abc", by="Kari")
    assert "`by`" in refusal(approve_waiting_batch, home, batch=first["batch_id"], sha256=first["sha256"], by=" ")
    assert {require_batch(outbox, one["batch_id"])["approved_by"] for one in (first, second)} == {None}


def test_an_approval_does_not_hold_for_other_content(home: Settings, outbox: Outbox) -> None:
    """The messages that were looked at are replaced by others: the old hash approves nothing any more."""
    first, _ = waiting(home, outbox)
    changed = kit.row(1 if "post_purchase" in first["batch_id"] else 2, address="other@kunde.example")
    kit.hand_off(home, outbox, kit.ListContent([{**changed, **{k: first[k] for k in ("journey", "step")}}])).run()
    said = refusal(approve_waiting_batch, home, batch=first["batch_id"], sha256=first["sha256"], by="Kari")
    assert "SUPERSEDED" in said


def test_the_kill_switch_can_be_thrown_and_taken_back(home: Settings, outbox: Outbox) -> None:
    start(stop_all_sending, home, by="Kari")
    assert is_stopped(outbox)
    start(resume_all_sending, home, by="Kari")
    assert not is_stopped(outbox)


def test_samples_of_what_waits_go_to_the_seed_list_alone(home: Settings, outbox: Outbox) -> None:
    """By a real socket; refused where nothing waits, everything is stopped, or nobody is named."""
    assert "FREDNING_SEED_LIST is not set" in refusal(send_samples_to_seeds, home)
    with smtp_server(lambda _: None) as server:
        via = f"smtp://127.0.0.1:{server.port}?tls=none"
        named = replace(home, seed_list=("kari@butikk.example",), email_via=via)
        assert "No batch waits" in refusal(send_samples_to_seeds, named)
        waiting(home, outbox)
        start(send_samples_to_seeds, named, journey="welcome")
        assert server.recipients == ["kari@butikk.example"]
        assert b"Feedback-ID: hello:welcome:" in server.mails[0]
        start(stop_all_sending, home, by="Kari")
        assert "Everything is stopped" in refusal(send_samples_to_seeds, named)
        start(resume_all_sending, home, by="Kari")
        start(send_samples_to_seeds, named, only_waiting=False, journey="cart_abandoned", step="saved", language="da")
        assert len(server.mails) == 2


def test_a_test_that_was_not_accepted_fails_and_is_not_tried_again(home: Settings, outbox: Outbox) -> None:
    """In numbers: the page of a run is read by many."""
    waiting(home, outbox)
    with smtp_server(lambda verb: "550 no such user" if verb == "RCPT" else None) as server:
        via = f"smtp://127.0.0.1:{server.port}?tls=none"
        named = replace(home, seed_list=("kari@butikk.example",), email_via=via)
        with pytest.raises(dg.Failure) as failed:
            start(send_samples_to_seeds, named, journey="welcome")
    assert "email: 1 refused: SMTP 550." in str(failed.value.description)
    assert "kari" not in str(failed.value.description)
    assert failed.value.allow_retries is False


def test_every_setting_says_what_to_fill_in() -> None:
    for op in (approve_waiting_batch, stop_all_sending, resume_all_sending, send_samples_to_seeds):
        for name, field in op.config_schema.config_type.fields.items():
            assert field.description, name
            assert not field.is_required, name
