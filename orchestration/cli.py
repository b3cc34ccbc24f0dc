"""The `fredning` command: what a person or a scheduler does from a shell. Its parts are in `orchestration/commands`."""

from __future__ import annotations

import click

from orchestration.commands.accounts import crowd_out, late_data
from orchestration.commands.days import demo, run
from orchestration.commands.deliveries import deliveries, land
from orchestration.commands.evaluate import evaluate_recommendations
from orchestration.commands.explain import explain
from orchestration.commands.identity import propose_matches
from orchestration.commands.install import docs, prepare, ui
from orchestration.commands.ledger import ledger, reasons
from orchestration.commands.outbox import outbox
from orchestration.commands.preview import preview
from orchestration.commands.privacy import erase
from orchestration.commands.rehearse import diff, replay, simulate_policy
from orchestration.commands.rfm import rfm
from orchestration.commands.serve import serve
from orchestration.commands.templates import check


class InOrder(click.Group):
    """Lists its commands in the order of a day's work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


# Wide enough for the longest command beside its whole sentence.
@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "terminal_width": 110})
def main() -> None:
    """Lifecycle messaging around a decision ledger. Settings come from FREDNING_* variables."""


for command in (
    prepare,
    demo,
    run,
    ui,
    check,
    ledger,
    explain,
    reasons,
    diff,
    replay,
    simulate_policy,
    crowd_out,
    late_data,
    preview,
    outbox,
    serve,
    land,
    deliveries,
    erase,
    propose_matches,
    rfm,
    evaluate_recommendations,
    docs,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
