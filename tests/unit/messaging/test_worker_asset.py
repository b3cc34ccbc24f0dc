"""Messages that leave one by one, sent from Dagster: what a pass says it did, and when the sensor starts one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from assets.messaging.approvals import stop_everything
from assets.messaging.assets_worker import SENT, build_worker_assets
from assets.messaging.daily_steps import file_channel
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_views import list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.reconcile import verify
from orchestration.commands.outbox import outbox as outbox_command
from orchestration.jobs import send_released
from orchestration.sensors import build_sensors, what_to_do
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, row, states
from tests.faults.one_by_one import NOON, release
from tests.servers.scripted import SmtpServer, smtp_server

N = 5
ROWS = ListContent([row(n) for n in range(N)])


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return kit.settings(tmp_path)


def released_to(server: SmtpServer, home: Settings, outbox: Outbox) -> Settings:
    release(home, outbox, ROWS)
    return replace(home, email_via=f"smtp://127.0.0.1:{server.port}?tls=none")


def a_pass(settings: Settings, run_date: str = "2026-11-20") -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(assets=build_worker_assets(), jobs=[send_released], resources={"settings": settings})
    config = {"ops": {SENT.to_python_identifier(): {"config": {"run_date": run_date}}}}
    return definitions.resolve_job_def("send_released").execute_in_process(run_config=config, raise_on_error=False)


def said(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    assert result.success
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def asked(settings: Settings, now: datetime) -> dg.RunRequest | str:
    answer = what_to_do(settings, now)
    return answer if isinstance(answer, dg.RunRequest) else str(answer.skip_message)


def test_a_pass_sends_what_is_due_once_and_says_so(home: Settings, outbox: Outbox) -> None:
    """The second pass finds nothing to send: a run that is started twice is no second message."""
    with smtp_server(lambda _verb: None) as server:
        settings = released_to(server, home, outbox)
        first, second = said(a_pass(settings)), said(a_pass(settings))
        assert len(server.mails) == N
    assert (first["n_sent"], first["n_waiting"], first["n_held"]) == (N, 0, 0)
    assert "ACCEPTED" in str(first["states"])
    assert first["not_sent"] == "none"
    assert second["n_sent"] == 0
    assert states(outbox) == {"ACCEPTED": N}


def test_a_day_of_single_messages_passes_the_check_of_files(home: Settings, outbox: Outbox) -> None:
    """What left one by one lies nowhere; the daily check of hand-off files must not trip over it."""
    with smtp_server(lambda _verb: None) as server:
        said(a_pass(released_to(server, home, outbox)))
    (batch,) = list_batches(outbox)
    assert batch["state"] == "SENT"
    assert verify(outbox, file_channel(home), kit.RUN_DATE) == []


def test_a_pass_says_what_was_refused_and_what_is_in_doubt_and_names_nobody(home: Settings, outbox: Outbox) -> None:
    """What a data engineer reads at six in the morning: numbers, the provider's words, and no address."""
    answers = iter(["550 5.1.1 no such user", "550 5.1.1 no such user", ""])
    with smtp_server(lambda verb: next(answers, None) if verb == "." else None) as server:
        found = said(a_pass(replace(released_to(server, home, outbox), email_via=_one_thread(server))))
    assert (found["n_refused"], found["n_unknown"], found["n_sent"]) == (2, 1, N - 3)
    assert "REJECTED" in str(found["not_sent"])
    assert "550" in str(found["not_sent"])
    assert kit.CANARY not in str(found)


def _one_thread(server: SmtpServer) -> str:
    return f"smtp://127.0.0.1:{server.port}?tls=none&threads=1"


def test_a_stop_is_obeyed_and_told(home: Settings, outbox: Outbox) -> None:
    """The job is one more sender; the switch that stops everything stops it."""
    with smtp_server(lambda _verb: None) as server:
        settings = released_to(server, home, outbox)
        stop_everything(outbox, "kari", NOON)
        found = said(a_pass(settings))
        assert server.mails == []
    assert found["n_waiting"] == N
    assert "Everything is stopped" in str(found["remarks"])


def test_without_a_server_or_a_day_the_job_fails_in_words(home: Settings) -> None:
    """Somebody who starts it in the UI learns which setting is missing."""
    for settings, day, word in (
        (home, "2026-11-20", "FREDNING_EMAIL_VIA"),
        (replace(home, email_via="smtp://127.0.0.1:1?tls=none"), "", "FREDNING_CLOCK"),
    ):
        result = a_pass(settings, day)
        assert not result.success
        (failure,) = result.get_step_failure_events()
        assert word in str(failure.step_failure_data.error)


def test_the_sensor_starts_a_pass_when_a_message_is_due_and_not_before(home: Settings, outbox: Outbox) -> None:
    """An idle shop costs no runs, and a mail at eleven leaves at eleven."""
    first = min(one["send_at"] for one in ROWS.rows)
    with smtp_server(lambda _verb: None) as server:
        settings = replace(released_to(server, home, outbox), clock="wall")
        before = asked(settings, first - timedelta(seconds=1))
        assert isinstance(before, str)
        assert f"{N} messages wait" in before
        assert isinstance(asked(settings, first), dg.RunRequest)
        a_pass(replace(settings, clock="run_date"))
    assert asked(settings, NOON) == "No released message waits."


def test_the_sensor_comes_back_for_doubts_now_and_then_only(home: Settings, outbox: Outbox) -> None:
    """Evidence comes late; a run every half minute until then would bury the run list."""
    with smtp_server(lambda verb: "" if verb == "." else None) as server:
        settings = replace(released_to(server, home, outbox), clock="wall")
        a_pass(replace(settings, clock="run_date"))
        assert states(outbox) == {"UNKNOWN": N}
        keys = {asked(settings, NOON + timedelta(seconds=30 * n)).run_key for n in range(40)}
    assert len(keys) == 2
    assert None not in keys


def test_the_sensor_says_why_it_starts_nothing(home: Settings, outbox: Outbox) -> None:
    """Off by a switch, by a setting, or because files need no worker: each in words."""
    with smtp_server(lambda _verb: None) as server:
        settings = replace(released_to(server, home, outbox), clock="wall")
        assert "hands off files" in str(asked(replace(settings, email_via="file"), NOON))
        assert "FREDNING_CLOCK" in str(asked(replace(settings, clock="run_date"), NOON))
        assert "FREDNING_KILL_SWITCH" in str(asked(replace(settings, kill_switch=True), NOON))
        stop_everything(outbox, "kari", NOON)
        assert "outbox resume" in str(asked(settings, NOON))


def test_the_sensor_leaves_a_pass_that_is_under_way_alone(home: Settings, outbox: Outbox) -> None:
    """A pass sends what falls due while it lasts; a second run would only wait beside it."""
    with smtp_server(lambda _verb: None) as server:
        settings = replace(released_to(server, home, outbox), clock="wall")
        (sensor,) = build_sensors(settings)
        assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
        with dg.DagsterInstance.ephemeral() as instance:
            definitions = dg.Definitions(
                assets=build_worker_assets(), jobs=[send_released], sensors=[sensor], resources={"settings": settings}
            )
            job = definitions.resolve_job_def("send_released")
            with dg.build_sensor_context(instance=instance) as context:
                assert isinstance(sensor(context), dg.RunRequest)
                instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
                assert isinstance(sensor(context), dg.SkipReason)


def test_the_shell_tells_the_same(home: Settings, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks in a shell sees how many wait, and until when."""
    with smtp_server(lambda _verb: None) as server:
        settings = released_to(server, home, outbox)
    monkeypatch.setenv("FREDNING_HOME", str(home.home))
    monkeypatch.setenv("FREDNING_SECRET_KEY", kit.SECRET)
    monkeypatch.setenv("FREDNING_EMAIL_VIA", settings.email_via)
    shown = CliRunner().invoke(outbox_command, ["status"]).output
    assert f"{N} messages released" in shown
    assert "10:00" in shown
    with open_ledger(settings) as ledger:
        assert states(ledger) == {"APPROVED": N}
