"""When messages that leave one by one are sent without a worker in a shell. Off until somebody switches it on."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from assets.messaging import released
from assets.messaging.assets_worker import NO_DAY, NO_SERVER
from assets.messaging.channels.configured import one_by_one
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_lookups import is_stopped
from orchestration.jobs import send_released
from orchestration.settings import Settings

_EVERY_SECONDS = 30
# Evidence about a doubt (a relay's log, a provider's event) comes late; each look costs a run.
_DOUBT_MINUTES = 10
_GOING_ON = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    @dg.sensor(
        name="released_messages_due",
        job=send_released,
        minimum_interval_seconds=_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts send_released when a released message's instant has come, or one is in doubt. Says when "
        "the next one is due. A worker in a shell (`fredning outbox work`) does the same, and both may run at once.",
    )
    def released_messages_due(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        going_on = context.instance.get_runs(dg.RunsFilter(job_name=send_released.name, statuses=_GOING_ON), limit=1)
        if going_on:
            return dg.SkipReason("A pass is under way; it sends all that falls due meanwhile.")
        return what_to_do(settings, datetime.now(UTC))

    return [released_messages_due]


def what_to_do(settings: Settings, now: datetime) -> dg.RunRequest | dg.SkipReason:
    """A run if there is something to send or to settle at this instant, else why not."""
    channels = one_by_one(settings)
    if not channels:
        return dg.SkipReason(NO_SERVER)
    if settings.clock == "run_date":
        return dg.SkipReason(f"{NO_DAY} and start the job send_released by hand.")
    if settings.kill_switch:
        return dg.SkipReason("Everything is stopped by FREDNING_KILL_SWITCH=on.")
    with open_ledger(settings) as outbox:
        if is_stopped(outbox):
            return dg.SkipReason("Everything is stopped: `fredning outbox resume`.")
        waiting = released.waiting(outbox, channels)
    if waiting.next_due_at and waiting.next_due_at <= now:
        return dg.RunRequest()
    if waiting.n_in_doubt:
        slot = now.replace(minute=now.minute - now.minute % _DOUBT_MINUTES, second=0, microsecond=0)
        return dg.RunRequest(run_key=f"doubts:{slot.isoformat()}")
    if waiting.next_due_at:
        return dg.SkipReason(
            f"{waiting.n} messages wait, the next one until {waiting.next_due_at.isoformat(timespec='minutes')}."
        )
    return dg.SkipReason("No released message waits.")
