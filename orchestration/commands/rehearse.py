"""Commands that decide past days with other journeys or another policy, and send nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.commands.shared import DAY, in_words, settings_or_exit
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.decisions.rehearsal import Stage
    from assets.decisions.replay_comparison import ReplayedDay


@click.command(epilog="Example:  fredning diff --base main --days 28 --markdown diff.md")
@click.option("--base", default="HEAD", show_default=True, help="Git revision or template folder to compare with.")
@click.option("--head", default=None, help="The version that is to go live; default: the installation's templates.")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="How many days back.")
@click.option("--until", type=DAY, default=None, help="The last day; default: the newest that was decided.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write it there for a pull request.")
def diff(base: str, head: str | None, days: int, until: date | None, markdown: Path | None) -> None:
    """Compare the journeys and policy of two versions.

    Both are decided day after day over the same real inputs: who is newly contacted, who no longer, which reasons
    moved, which journeys crowd out which (with what a message of them brought), and messages per day. Nothing is sent
    and the warehouse is not changed. Ends with 1 if the new version breaks an invariant.
    """
    from assets.decisions.comparison import compare
    from assets.decisions.comparison_text import as_markdown
    from assets.decisions.versions import UnknownVersion, templates_of
    from assets.messaging.template_files import TemplateErrors

    settings = settings_or_exit()
    with (
        in_words(UnknownVersion, TemplateErrors),
        templates_of(base, settings.templates_dir) as base_dir,
        templates_of(head or str(settings.templates_dir), settings.templates_dir) as head_dir,
        opened_stage(settings) as stage,
    ):
        last = until or stage.days()[1]
        first = last - timedelta(days=days - 1)
        sides = [
            stage.rehearse(name, folder, first, last, say=note)
            for name, folder in (("base", base_dir), ("head", head_dir))
        ]
        comparison = compare(stage.connection, *sides)
    text = as_markdown(comparison, first, last, settings.currency)
    click.echo(text)
    if markdown is not None:
        markdown.write_text(text, encoding="utf-8")
    if comparison.broken:
        sys.exit(1)


def note(text: str) -> None:
    """Progress, apart from what a pipe would read."""
    click.echo(text, err=True)


@contextmanager
def opened_stage(settings: Settings) -> Iterator[Stage]:
    """A stage to rehearse on; what is missing for it is said in one sentence."""
    from assets.decisions.rehearsal import stage
    from assets.decisions.rehearsal_facts import NothingToRehearse
    from orchestration.commands.days import require_manifest

    require_manifest(settings)
    with in_words(NothingToRehearse), stage(settings) as opened:
        yield opened


@click.command(
    epilog="Example:  fredning replay --from 2026-11-16 --to 2026-11-22    (also:  --what-if --templates other/)"
)
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--to", "last", type=DAY, default=None, help="The last day; default: the first.")
@click.option("--what-if", is_flag=True, help="Let the replayed sends count for the days after, not the real ones.")
@click.option("--templates", default=None, help="What-if with the journeys of a template folder or git revision.")
@click.option("--json", "as_document", is_flag=True, help="One JSON document at the end.")
def replay(first: date, last: date | None, what_if: bool, templates: str | None, as_document: bool) -> None:
    """Run past days again from what was known then.

    Audit (the default) takes the real hand-off log: every row of the ledger must come out again exactly, and the
    command ends with 1 if one does not. With --what-if the days' own sends count for the days after. It works in a
    scratch home beside the data: nothing is sent, and the warehouse is not changed.
    """
    from assets.decisions.replay import replay as opened_replay
    from assets.decisions.replay import replay_days
    from assets.decisions.replay_comparison import CannotReplay, as_json, why_not_equal
    from assets.decisions.versions import UnknownVersion, templates_of
    from assets.messaging.template_files import TemplateErrors
    from orchestration.commands.days import require_manifest
    from orchestration.dbt import DbtFailure

    settings = settings_or_exit()
    require_manifest(settings)
    if templates and not what_if:
        raise click.ClickException("Other templates are a what-if: add --what-if.")
    until = last or first
    if until < first:
        raise click.ClickException(f"--to {until} lies before --from {first}: swap them.")

    def say(day: ReplayedDay) -> None:
        outcome = f"{day.n_sent:,} messages, then {day.n_sent_then:,}" if what_if else _verdict(day)
        note(f"{day.run_date}  {day.n_rows:>6,} rows  {outcome}  ledger {day.fingerprint[:12]}  {day.seconds:.1f} s")
        if not what_if:
            for example in day.examples:
                note(f"    {example}")

    with in_words(CannotReplay, UnknownVersion, TemplateErrors, DbtFailure), ExitStack() as stack:
        folder = stack.enter_context(templates_of(templates, settings.templates_dir)) if templates else None
        opened = stack.enter_context(opened_replay(settings, first, is_audit=not what_if, templates_dir=folder))
        days = replay_days(opened, first, until, say)
    if as_document:
        click.echo(as_json(days))
    if not what_if and not all(day.is_equal for day in days):
        click.echo(why_not_equal(days))
        sys.exit(1)
    if not what_if:
        click.echo(f"{len(days)} day(s): every row of the ledger comes out again.")


def _verdict(day: ReplayedDay) -> str:
    from assets.decisions.replay_comparison import erased_in_words

    runs = f" (run under {len(day.versions)} versions of the journeys)" if len(day.versions) > 1 else ""
    if day.is_equal:
        return f"as in the ledger{runs}"
    lost = (
        f"; {day.n_of_lost_versions} of them left before the day was run again after an edit, and stand as decided "
        "under a policy version whose files were not kept"
    )
    less = (
        f"; {day.n_decided_on_less} of them left before the last delivery was landed: the day was run again when more "
        "was known, and stands as decided then"
    )
    erased = (
        f"; {erased_in_words(day.n_erased_since)} since: their rows are gone on both sides, and their purchases are "
        "nobody's"
    )
    changed = f"{day.n_missing} missing or changed, {day.n_added} new or changed{runs}"
    reasons = (
        (lost, day.n_of_lost_versions),
        (less, day.n_decided_on_less),
        (erased, day.n_erased_since),
    )
    return changed + "".join(text for text, n in reasons if n)


@click.command(
    "simulate-policy", epilog="Example:  fredning simulate-policy --windows 24,48,72,168 --caps 2,4 --days 14"
)
@click.option(
    "--windows", default="24,48,72,168", show_default=True, help="Hours of the rules that let one message by."
)
@click.option("--caps", default="", help="Caps of the rules that let more by, like 2,4,8; default: as they are.")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="How many days back.")
@click.option("--until", type=DAY, default=None, help="The last day; default: the newest that was decided.")
@click.option("--chart", type=click.Path(dir_okay=False, path_type=Path), help="Write the chart there, as SVG.")
def simulate_policy(windows: str, caps: str, days: int, until: date | None, chart: Path | None) -> None:
    """Try quarantine windows and caps over past days.

    For each: messages, people reached, people left in peace, messages held, what such messages brought in the past,
    and opt-outs to be expected. Every setting is decided day after day over the same real inputs; nothing is sent.
    """
    from assets.decisions.sweep import Setting, as_markdown, as_svg, sweep

    settings = settings_or_exit()
    points = [Setting()]
    points += [Setting(window_hours=hours) for hours in _numbers(windows, "--windows")]
    points += [Setting(cap=cap) for cap in _numbers(caps, "--caps")]
    with opened_stage(settings) as stage:
        last = until or stage.days()[1]
        first = last - timedelta(days=days - 1)
        outcomes = sweep(stage, settings.templates_dir, points, first, last, say=note)
    click.echo(as_markdown(outcomes, first, last, settings.currency))
    if chart is not None:
        chart.write_text(as_svg(outcomes), encoding="utf-8")


def _numbers(text: str, option: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise click.ClickException(f"{option} {text!r} is no list of whole numbers above 0, like 24,48,72.")
    return [int(part) for part in parts]
