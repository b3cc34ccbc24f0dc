"""The channels of an installation, opened from its settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from assets.messaging import reports, signatures
from assets.messaging.channels.addresses import Address, AddressError, parse
from assets.messaging.channels.file import FileChannel
from assets.messaging.channels.http import Endpoint
from assets.messaging.channels.kannel import KannelChannel, KannelLog
from assets.messaging.channels.messages import MessageChannel
from assets.messaging.channels.postfix_log import PostfixLog
from assets.messaging.channels.remote_files import RemoteFileChannel
from assets.messaging.channels.ses import SesChannel
from assets.messaging.channels.signed_http import SignedHttpChannel
from assets.messaging.channels.smtp import Server, SmtpChannel
from assets.messaging.channels.twilio import TwilioChannel
from orchestration.settings import Settings, SettingsError

_THREADS = 8
_HTTP_BATCH = 100
_SETTLE = 30.0


def addresses(settings: Settings) -> dict[str, Address]:
    """channel → address. Raises `SettingsError` that lists every unusable one, without repeating it."""
    found: dict[str, Address] = {}
    problems: list[str] = []
    for channel, text in (("email", settings.email_via), ("sms", settings.sms_via)):
        try:
            found[channel] = parse(channel, text)
        except AddressError as error:
            problems.append(f"FREDNING_{channel.upper()}_VIA {error}.")
    if problems:
        raise SettingsError("\n".join(problems))
    return found


def one_by_one(settings: Settings) -> frozenset[str]:
    """The channels whose messages leave one by one."""
    return frozenset(channel for channel, address in addresses(settings).items() if address.is_one_by_one)


def message_channels(settings: Settings) -> dict[str, MessageChannel]:
    """Open every channel that sends one by one."""
    found = addresses(settings).items()
    return {channel: _open(settings, address) for channel, address in found if address.is_one_by_one}


def threads(settings: Settings) -> int:
    """How many requests may be under way at once: the most that any channel is allowed."""
    return max(int(address.number("threads") or _THREADS) for address in addresses(settings).values())


def file_channel(settings: Settings, staging_dir: Path) -> FileChannel:
    """Where hand-off files are dropped: the installation's outbox, or another file system."""
    if not settings.files_to:
        return FileChannel(settings.outbox_dir, staging_dir)
    return RemoteFileChannel(settings.files_to, settings.outbox_dir, staging_dir)


def _open(settings: Settings, address: Address) -> MessageChannel:
    rate, options = address.number("rate"), address.options
    settle = timedelta(seconds=address.number("settle") or _SETTLE)
    if address.scheme in ("smtp", "smtps"):
        tls = "implicit" if address.scheme == "smtps" else options.get("tls", "starttls")
        port = address.port or (465 if address.scheme == "smtps" else 587)
        server = Server(address.host, port, tls, address.user, address.password, options.get("return_path"))
        log = PostfixLog(Path(options["log"]), settle) if "log" in options else None
        return SmtpChannel(server, rate=rate, log=log)
    if address.scheme == "ses":
        return SesChannel(address.host, configuration_set=options.get("configuration_set"), rate=rate)
    tls_on = address.scheme == "https" or (address.scheme == "twilio" and options.get("tls") != "none")
    tls_on = tls_on or options.get("tls") == "on"
    endpoint = Endpoint(address.host, address.port, tls=tls_on)
    if address.scheme == "twilio":
        report_url = reports.address_maker(settings, "twilio")
        return TwilioChannel(endpoint, address.user or "", address.password or "", report_url=report_url, rate=rate)
    if address.scheme == "kannel":
        report_url = reports.address_maker(settings, "kannel")
        log_of_gateway = _kannel_log(address, settle)
        credentials = (address.user or "", address.password or "")
        return KannelChannel(endpoint, *credentials, report_url=report_url, rate=rate, log=log_of_gateway)
    ttl = address.number("idempotency")
    return SignedHttpChannel(
        endpoint,
        address.path or "/",
        signatures.secret_key(address.password or ""),
        max_batch=int(address.number("max_batch") or (1 if ttl else _HTTP_BATCH)),
        idempotency_ttl=timedelta(seconds=ttl) if ttl else None,
        rate=rate,
    )


def _kannel_log(address: Address, settle: timedelta) -> KannelLog | None:
    options = address.options
    if "log" not in options or "admin_port" not in options:
        return None
    status = Endpoint(address.host, int(options["admin_port"]), tls=False)
    return KannelLog(Path(options["log"]), status, f"/status.txt?password={options.get('status_password', '')}", settle)
