"""Commands about people's rights: forgetting somebody at once, without waiting for the day's run."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from orchestration.commands.shared import DAY, in_words, print_table, require_warehouse, settings_or_exit, today
from orchestration.settings import SettingsError


@click.command(epilog="Example:  fredning erase --email kari@post.example --date 2026-11-20")
@click.option("--email", default=None, help="Somebody's address.")
@click.option("--phone", default=None, help="Somebody's number, with + and country code.")
@click.option("--member-id", default=None, help="Somebody's member id.")
@click.option("--date", "run_date", type=DAY, default=None, help="Requests up to this day; default: today, local.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str | None, phone: str | None, member_id: str | None, run_date: date | None, yes: bool) -> None:
    """Forget people everywhere, now.

    Without a name: everybody whose request has been delivered (privacy/erasures) and not been carried out; every
    daily run ends with that. Rows about them disappear from delivered and raw files, the warehouse, the published
    copy, hand-off files and previews; sales stay as nobody's; a keyed hash stops every later message and recognises
    what a source delivers again. An address that somebody else has too stays theirs, and who is given the number later
    may be written to on a consent of their own. Hashed ad lists lose them with the next run, which tells the platforms.
    """
    from assets.privacy.erasure import erase as forget
    from assets.privacy.erasure import pending
    from orchestration.dbt import DbtFailure

    settings = settings_or_exit()
    day = run_date or today(settings)
    require_warehouse(settings)
    named = {"email": email, "phone": phone, "member_id": member_id}
    with in_words(SettingsError, DbtFailure):
        settings.require_secret_key()
        found = pending(settings, day, named)
        if not found:
            click.echo("There is nobody to forget.")
            return
        print_table(["known as", "n"], [(name.replace("_", " "), n) for name, n in found.items()])
        if not yes:
            click.confirm("Forget them everywhere? This cannot be undone.", abort=True)
        done = forget(settings, day, named)
    print_table(["changed", "n"], [(name.removeprefix("n_").replace("_", " "), n) for name, n in asdict(done).items()])
