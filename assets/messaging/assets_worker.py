"""The Dagster asset around the worker: one pass over what runs have released, and in metadata what came of it.

Thin: sending is the worker's business, and when to start belongs to `orchestration.sensors`. `fredning outbox work`
does the same from a shell; both may run at once.
"""

from collections.abc import Iterable
from datetime import date

import dagster as dg

from assets.messaging import daily_steps, released
from assets.messaging.assets_handoff import HAND_OFF
from assets.messaging.channels.configured import one_by_one
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_views import count_by_state, dead_letters
from assets.messaging.outbox import Outbox
from assets.messaging.states import State
from assets.messaging.worker import WorkReport
from assets.metadata import markdown
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM, ON_DEMAND_TAGS

SENT = dg.AssetKey(["messaging", "sent_one_by_one"])
NO_SERVER = (
    "Every channel hands off files, which needs no worker. FREDNING_EMAIL_VIA=smtp://… or FREDNING_SMS_VIA=kannel://… "
    "name servers; README, “Channels”, has the list."
)
NO_DAY = "FREDNING_CLOCK=run_date stands still on a day: name it"


class PassConfig(dg.Config):
    """With FREDNING_CLOCK=run_date, the day to stand on (YYYY-MM-DD); otherwise left empty."""

    run_date: str = ""


def build_worker_assets() -> list[dg.AssetsDefinition]:
    """Messages sent one by one."""

    @dg.asset(
        key=SENT,
        group_name="messaging",
        deps=[HAND_OFF],
        kinds={"python", "sql"},
        owners=[DATA_TEAM],
        tags=ON_DEMAND_TAGS,
        description="Messages that leave one by one (SMTP, HTTP, SES, Twilio, Kannel): one pass settles doubts by "
        "evidence and sends everything released and due now, exactly once. Switch the sensor released_messages_due on "
        "to have it started whenever a message's instant has come.",
    )
    def sent_one_by_one(
        context: dg.AssetExecutionContext, config: PassConfig, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        channels = one_by_one(settings)
        if not channels:
            raise dg.Failure(NO_SERVER, allow_retries=False)
        if settings.clock == "run_date" and not config.run_date:
            raise dg.Failure(f"{NO_DAY} in the run's config, run_date.", allow_retries=False)
        with open_ledger(settings) as outbox:
            day = date.fromisoformat(config.run_date) if config.run_date else None
            worker = daily_steps.worker(settings, outbox, day)
            days = {batch["run_date"] for batch in released.in_work(outbox, channels)}
            report = worker.run_once()
            found = metadata_of(outbox, channels, days, report)
        for remark in report.remarks:
            context.log.warning(remark)
        return dg.MaterializeResult(metadata=found)

    return [sent_one_by_one]


def metadata_of(
    outbox: Outbox, channels: Iterable[str], days: Iterable[date], report: WorkReport
) -> dict[str, dg.MetadataValue | int | str]:
    """What one pass did, and how the messages of its days now stand and why. No personal data."""
    channels = frozenset(channels)
    waiting = released.waiting(outbox, channels)
    stand = [row for day in sorted(days) for row in count_by_state(outbox, day) if row["channel"] in channels]
    failed = [row for day in sorted(days) for row in dead_letters(outbox, day) if row["channel"] in channels]
    remarks = [*report.remarks, *report.reconciled.notes]
    if report.is_stopped:
        remarks.insert(0, "Everything is stopped: `fredning outbox resume`.")
    return {
        "n_sent": report.moved[State.ACCEPTED],
        "n_refused": report.moved[State.REJECTED],
        "n_deferred": report.moved[State.DEFERRED],
        "n_unknown": report.moved[State.UNKNOWN],
        "n_doubts_settled": report.reconciled.accepted + report.reconciled.deferred,
        "n_doubts_left": report.reconciled.unknown,
        "n_for_a_person": report.reconciled.quarantined,
        "n_held": sum(row["n"] for row in stand if row["state"] == State.HELD),
        "n_waiting": waiting.n,
        "next_due_at": waiting.next_due_at.isoformat(timespec="seconds") if waiting.next_due_at else "none",
        "states": markdown(stand, "run_date journey channel state reason n"),
        "not_sent": markdown(failed, "run_date journey channel state error attempts n example"),
        "remarks": dg.MetadataValue.md("\n".join(f"- {remark}" for remark in remarks) or "none"),
    }
