"""The Dagster asset of the report site: wiring and metadata only."""

import dagster as dg

from assets.reports.site import build_site
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import MARKETING_TEAM, WAREHOUSE_POOL

# Marts that the page reads; rpt_experiment_* come with the results.
MARTS = (
    "rpt_tiles",
    "rpt_decisions_by_day",
    "rpt_journey_funnel",
    "rpt_flow_vs_newsletter",
    "rpt_persona_movement",
    "fct_customer_rfm",
    "fct_newsletter_exclusions",
    "fct_engagement_events",
    "dim_customers",
    "dim_journeys",
)
DEMO_NOTE = (
    "Purchases, products and prices are those of a real grocer, moved in time. People, addresses, consents, web visits "
    "and everything the provider answered (deliveries, opens, clicks, purchases after messages) are synthetic, made "
    "from a seed: differences between arms or kinds of mail show how the report works, not how people behave."
)


def build_report_assets() -> list[dg.AssetsDefinition]:
    """The page for people who decide."""

    @dg.asset(
        key=["reports", "site"],
        group_name="reports",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[
            dg.AssetKey(["experiments", "results"]),
            dg.AssetKey(["messaging", "previews"]),
            *(dg.AssetKey(["marts", name]) for name in MARTS),
        ],
        kinds={"html", "duckdb"},
        owners=[MARKETING_TEAM],
        description="The report as one self-contained page (reports/index.html): tiles, decisions by day and reason, "
        "people in peace, journeys, experiments, flow against newsletter, personas and their movement.",
    )
    def report_site(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        today = run_date_of(context)
        report = build_site(
            settings.warehouse_path,
            settings.reports_dir,
            today,
            currency=settings.currency,
            data_note=DEMO_NOTE if (settings.home / "demo").exists() else None,
            previews=settings.previews_dir / today.isoformat() / "index.html",
        )
        return dg.MaterializeResult(
            metadata={
                "page": dg.MetadataValue.path(str(report.path)),
                "kilobytes": round(report.n_bytes / 1024),
                "candidates_today": report.n_candidates,
                "sent_today": report.n_sent,
                "people_in_peace_today": report.n_in_peace,
            }
        )

    return [report_site]
