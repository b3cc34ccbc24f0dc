"""`fredning explain`: one person, one day, every journey and every gate."""

from __future__ import annotations

from datetime import date

import click

from orchestration.commands.ledger import decided_day
from orchestration.commands.shared import DAY, in_words, settings_or_exit


@click.command(
    epilog="Example:  fredning explain --customer c0123456789abcde --date 2026-11-20    (also:  --order W10042 --json)"
)
@click.option("--customer", default=None, help="A customer_id; one from before a merge is found, too.")
@click.option("--address", default=None, help="An e-mail address or phone number. It is looked for, never printed.")
@click.option("--order", default=None, help="An order or receipt, like W10042 or webshop:W10042.")
@click.option("--date", "run_date", type=DAY, default=None, help="The run_date; default: the newest that was decided.")
@click.option("--all-gates", is_flag=True, help="Name the gates that were passed, too.")
@click.option("--json", "as_document", is_flag=True, help="One JSON document instead of text.")
def explain(
    customer: str | None,
    address: str | None,
    order: str | None,
    run_date: date | None,
    all_gates: bool,
    as_document: bool,
) -> None:
    """Explain a day for one person: why this message, why nothing.

    Shows every journey considered, the gates passed and failed with the row of evidence, what won, what was reserved,
    when the quarantine ends, and what is likely in the next 14 days (for a past day: what was decided in them).
    Reads the analysts' copy, so it may run while a run is going on.
    """
    named = [value for value in (customer, address, order) if value is not None]
    if len(named) != 1:
        raise click.ClickException("Name the person by one of --customer, --address and --order.")
    from assets.decisions.explain import explain as explained
    from assets.decisions.explain_person import UnknownPerson, find_customer
    from assets.decisions.explain_text import as_text

    settings = settings_or_exit()
    with decided_day(settings, run_date) as (connection, day, newest):
        with in_words(UnknownPerson):
            customer_id = find_customer(connection, customer=customer, address=address, order=order)
        explanation = explained(connection, customer_id, day, newest, settings.zone)
    click.echo(explanation.as_json() if as_document else as_text(explanation, settings.zone, all_gates=all_gates))
