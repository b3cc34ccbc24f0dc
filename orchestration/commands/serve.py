"""`fredning serve`: the small HTTP service behind the links at a message's foot and for the providers' webhooks."""

from __future__ import annotations

import logging
import socket

import click

from orchestration.commands.shared import in_words, opened_ledger, settings_or_exit
from orchestration.settings import SettingsError

# Requests at once; more are told to come again, instead of waiting for a ledger that is busy.
_AT_ONCE = 256


@click.command(epilog="Example:  fredning serve --port 8025")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; a proxy adds TLS in front.")
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535))
@click.option("--proxy", default="127.0.0.1", show_default=True, help="Addresses whose X-Forwarded-For is believed.")
def serve(host: str, port: int, proxy: str) -> None:
    """Serve unsubscribe links, the preference page and provider webhooks.

    Let a proxy pass FREDNING_PUBLIC_URL (https) on to it. What is asked for is obeyed by everything that starts
    sending from that instant on; the next run finds it as a delivery in landing/.

    \b
    /u/TOKEN               the preference page; a POST of List-Unsubscribe=One-Click unsubscribes (RFC 8058)
    /events/signed         Standard Webhooks, signed with one of FREDNING_WEBHOOK_KEYS
    /events/ses            Amazon SNS notifications of FREDNING_SNS_TOPICS
    /events/twilio/…       status reports of FREDNING_SMS_VIA=twilio://…
    /events/kannel/…       delivery reports of FREDNING_SMS_VIA=kannel://…
    /health                200, or 503 with what is wrong

    After FREDNING_SECRET_KEY was changed, name the old ones in FREDNING_FORMER_SECRET_KEYS (separated by spaces):
    links never expire.
    """
    import uvicorn

    from assets.messaging.journeys import load_templates
    from assets.messaging.template_files import TemplateErrors
    from assets.service.app import Service

    settings = settings_or_exit()
    with in_words(SettingsError, TemplateErrors):
        settings.require_secret_key()
        brand = load_templates(settings.templates_dir, check_texts=False).brand
    listening = _listening(host, port)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    with opened_ledger(settings) as ledger:
        app = Service(settings, ledger, brand).app()
        config = uvicorn.Config(
            app,
            # Its own access log would write down links and clients.
            access_log=False,
            log_level="warning",
            forwarded_allow_ips=proxy,
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
            server_header=False,
            # No WebSockets, and a parser that is there on every platform.
            ws="none",
            http="h11",
            loop="asyncio",
        )
        name = listening.getsockname()
        click.echo(f"Serving on http://{host}:{name[1]} for {settings.public_url}. Ctrl-C ends it.")
        uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """A socket of our own, so that a port that is taken is said in one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From here on requests wait, rather than being refused while the service gets ready.
        listening.listen(_AT_ONCE)
    except OSError as error:
        listening.close()
        raise click.ClickException(
            f"{host}:{port} cannot be listened on: {error.strerror}. Another program may have the port: name a free "
            "one with --port."
        ) from error
    return listening
