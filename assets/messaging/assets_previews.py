"""The Dagster asset that renders examples of the run's messages for people to look at."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import duckdb

from assets.messaging.goods import Goods
from assets.messaging.pages import MESSAGES, read_page
from assets.messaging.previews import Example, Previews, build_previews
from assets.messaging.render import RenderedEmail
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import MARKETING_TEAM

# A few of each kind of message, in an order that does not depend on how the warehouse was built.
_EXAMPLES = f"""
{MESSAGES}
where run_date = $run_date
qualify row_number() over (
    partition by journey, step, channel, variant, branch, language order by message_id
) <= 3
"""


def example_rows(settings: Settings, run_date: date) -> list[Mapping[str, Any]]:
    """Rows to show, read without holding the warehouse for longer than the query takes."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return [*read_page(connection, _EXAMPLES, {"run_date": run_date}, Goods()).rows()]


def mail_as_markdown(example: Example) -> str:
    """One message as the run's page shows it."""
    head = f"**{example.line}**\n\n*{example.journey} · {example.step} · {example.language} · {example.origin}*\n\n"
    return head + "\n".join(f"> {line}" for line in example.text.splitlines())


def preview_metadata(previews: Previews) -> dict[str, dg.MetadataValue]:
    mails = [example for example in previews.examples if isinstance(example.message, RenderedEmail)]
    shown = next((example for example in mails if example.origin == "this run"), mails[0])
    return {
        "previews": dg.MetadataValue.url(previews.index.resolve().as_uri()),
        "path": dg.MetadataValue.path(str(previews.index)),
        "n_messages_of_this_run": dg.MetadataValue.int(previews.n_real),
        "n_samples": dg.MetadataValue.int(len(previews.examples) - previews.n_real),
        "a_mail": dg.MetadataValue.md(mail_as_markdown(shown)),
    }


def build_preview_assets() -> list[dg.AssetsDefinition]:
    """One page of example messages per run."""

    @dg.asset(
        key=["messaging", "previews"],
        group_name="messaging",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        deps=[dg.AssetKey(["intermediate", "int_messages__content"]), dg.AssetKey(["templates", "journeys"])],
        kinds={"html"},
        owners=[MARKETING_TEAM],
        description="Pages to look at before anything is sent: one example of every journey, step, branch, variant, "
        "language and channel, in desktop and phone width, light and dark, with text part and SMS segments.",
    )
    def messaging_previews(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        run_date = run_date_of(context)
        previews = build_previews(settings, run_date, example_rows(settings, run_date))
        return dg.MaterializeResult(metadata=preview_metadata(previews))

    return [messaging_previews]
