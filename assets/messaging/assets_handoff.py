"""The Dagster assets around the outbox ledger: what it knew at the start, what it plans, what it handed off.

Thin: they open the ledger, call pure code, and say in metadata what happened, without any personal data.
"""

import dagster as dg

from assets.messaging import daily_steps
from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_views import count_by_state, list_batches
from assets.messaging.reconcile import verify
from assets.messaging.retention import remove_old_files
from assets.metadata import markdown
from assets.privacy.returns import reopen
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM, WAREHOUSE_POOL

HAND_OFF = dg.AssetKey(["messaging", "hand_off"])


def build_handoff_assets() -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The contact log, the day's batches, the hand-off, and the checks on it."""

    @dg.asset(
        key=["outbox", "contact_log"],
        group_name="landing",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        deps=[dg.AssetKey(["landing", "provider", "events"])],
        kinds={"parquet", "sql"},
        owners=[DATA_TEAM],
        description="What the outbox ledger knows at the start of the run: every message ever planned, with its state "
        "after the provider's latest events. Refuses to start on a ledger that has forgotten something.",
    )
    def contact_log(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        with open_ledger(settings) as outbox:
            taken_in = daily_steps.take_in_events(settings, outbox, run_date_of(context))
            found = daily_steps.look_around(settings, outbox, run_date_of(context))
            n = export_messages(outbox.engine, settings.raw_dir / "outbox" / "contact_log" / "current.parquet")
        return dg.MaterializeResult(
            metadata={
                "n_messages": n,
                "n_moved_by_events": taken_in.n_moved,
                "n_addresses_suppressed": taken_in.n_suppressed,
                "n_found_after_a_crash": found.accepted + found.deferred + found.quarantined,
                "n_uncertain": found.unknown + found.quarantined,
                "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in found.notes) or "none"),
            }
        )

    @dg.asset(
        key=["messaging", "batches"],
        group_name="messaging",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[dg.AssetKey(["intermediate", "int_messages__content"]), dg.AssetKey(["templates", "journeys"])],
        kinds={"python", "sql"},
        owners=[DATA_TEAM],
        description="The day's messages, rendered and written down in the outbox ledger as batches, each with the hash "
        "that an approval is bound to. Nothing leaves here; what cannot be rendered is put aside with a reason.",
    )
    def batches(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        run_date = run_date_of(context)
        with open_ledger(settings) as outbox:
            n_reopened = reopen(settings, outbox)
            report, waiting = daily_steps.planner(settings, run_date, outbox).plan()
            listed = list_batches(outbox, run_date)
        reasons: list[dict[str, object]] = [{"reason": r, "n": n} for r, n in report.poison_reasons.most_common(20)]
        return dg.MaterializeResult(
            metadata={
                "n_addresses_reopened": n_reopened,
                "n_planned": report.n_planned,
                "n_put_aside": report.n_poison,
                "n_already_handled": report.already.total(),
                "n_batches_waiting": len(waiting),
                "batches": markdown(listed, "channel journey step n state reason sha256"),
                "put_aside": markdown(reasons, "reason n"),
            }
        )

    @dg.asset(
        key=HAND_OFF,
        group_name="messaging",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[
            dg.AssetKey(["messaging", "batches"]),
            dg.AssetKey(["messaging", "previews"]),
            dg.AssetKey(["marts", "fct_contact_decisions"]),
            dg.AssetKey(["marts", "fct_volume_bands"]),
            dg.AssetKey(["intermediate", "int_consent__withdrawn_since_as_of"]),
        ],
        kinds={"python", "sql", "file"},
        owners=[DATA_TEAM],
        description="Hands the day's approved batches off, exactly once: permission and expiry looked at once more, "
        "forecast bands, approval and stop respected, the intent on disk before the file appears. The ledger then goes "
        "back to the warehouse as a source. Running it again hands off nothing twice. Last, files of batches and "
        "previews older than FREDNING_KEEP_DAYS are removed.",
    )
    def hand_off(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        run_date = run_date_of(context)
        with open_ledger(settings) as outbox:
            report = daily_steps.hand_off(settings, run_date, outbox)
            export_messages(outbox.engine, settings.raw_dir / "outbox" / "messages" / "current.parquet")
            listed, states = list_batches(outbox, run_date), count_by_state(outbox, run_date)
            removed = remove_old_files(settings, outbox, run_date)
        for batch_id, why in report.held.items():
            context.log.warning(f"held back: {batch_id}: {why}")
        remarks = [*report.remarks, *report.reconciled.notes]
        return dg.MaterializeResult(
            metadata={
                "n_accepted": report.n_accepted,
                "n_batches_sent": len(report.sent),
                "n_batches_held_back": len(report.held),
                "n_handed_off_before": report.plan.already.total(),
                "n_old_files_removed": removed.n_batch_files,
                "n_old_files_kept_in_doubt": removed.n_kept_in_doubt,
                "outbox": dg.MetadataValue.path(str(settings.outbox_dir / run_date.isoformat())),
                "batches": markdown(listed, "channel journey step n n_sent state reason approved_by sha256"),
                "states": markdown(states, "journey channel state reason n"),
                "remarks": dg.MetadataValue.md("\n".join(f"- {remark}" for remark in remarks) or "none"),
            }
        )

    @dg.asset_check(
        asset=HAND_OFF,
        description="Every file handed off that day is what the ledger remembers, or was collected.",
    )
    def files_are_as_recorded(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings]
    ) -> dg.AssetCheckResult:
        run_date = daily_steps.day_of(context.partition_key)
        with open_ledger(settings) as outbox:
            deviations = verify(outbox, daily_steps.file_channel(settings), run_date)
        return dg.AssetCheckResult(
            passed=not deviations,
            metadata={"deviations": dg.MetadataValue.json([f"{d.batch_id}: {d.found}" for d in deviations])},
        )

    @dg.asset_check(
        asset=HAND_OFF,
        description="No message is in doubt: nothing UNKNOWN, and nothing waits for a person's verdict.",
    )
    def nothing_is_in_doubt(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
        with open_ledger(settings) as outbox:
            doubtful = [row for row in count_by_state(outbox) if row["state"] in ("UNKNOWN", "QUARANTINED")]
        return dg.AssetCheckResult(
            passed=not doubtful,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"in_doubt": markdown(doubtful, "run_date journey channel state n")},
        )

    return [contact_log, batches, hand_off, files_are_as_recorded, nothing_is_in_doubt]
