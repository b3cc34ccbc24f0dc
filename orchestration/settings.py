"""Every setting of an installation, read once from the environment into one frozen value.

This is the only module that reads environment variables; everything else receives a `Settings`.
Business rules (policy, journeys, RFM) are not settings: they live in `templates/` and in dbt vars.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

REPOSITORY = Path(__file__).resolve().parent.parent

Clock = Literal["wall", "run_date"]
Approval = Literal["auto", "manual"]
_WEBHOOK_KEY_LENGTH = 16


class SettingsError(ValueError):
    """The environment holds values that cannot be used; the message lists every one of them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation: where its data lies, who the retailer is, how careful the hand-off must be.

    `clock` decides what "now" means at the hand-off: `wall` is real time (production), `run_date` is
    06:00 local on the run's own day (demo, replays and backfills of past days, which would otherwise
    find every message expired).
    `ledger_url` (SQLAlchemy) names a database for the outbox ledger where several hosts send; without it the
    ledger is the file `ledger.sqlite` in the home.
    `email_via` and `sms_via` say how messages leave: `file` (whole batches, `files_to` may name an fsspec address
    elsewhere, such as s3://bucket/path), or the address of a server that takes them one by one; all addresses and
    their options stand in `assets/messaging/channels/addresses.py`. They may hold passwords.
    `share` is this process's part of every batch and of how many (`FREDNING_SHARE=2/4`): several processes or machines
    with one ledger between them hand a day off together, each rendering its own messages.
    `approval` says whether a batch may leave without a person's consent to its hash.
    `former_secret_keys`: keys that were in use before. Their unsubscribe links must go on working, and whoever
    unsubscribed, complained or was erased under them must be left alone: keep them for good (`messaging.key_change`).
    `keep_days`: how long files of batches and previews, which show addresses, lie in the home after their day; the
    ledger keeps what counts without them (`messaging.retention`).
    `seed_list`: mail addresses and mobile numbers of the retailer's own people, who get test messages when somebody
    asks for them (`messaging.seeds.addresses` reads the entries).
    `webhook_keys` (Standard Webhooks) and `sns_topics` (Amazon SES): whose events `fredning serve` takes in.
    """

    home: Path = REPOSITORY / "var"
    templates_dir: Path = REPOSITORY / "templates"
    dbt_dir: Path = REPOSITORY / "dbt_project"
    tenant: str = "demo"
    timezone: str = "Europe/Oslo"
    country: str = "NO"
    currency: str = "NOK"
    clock: Clock = "wall"
    approval: Approval = "manual"
    kill_switch: bool = False
    secret_key: str | None = field(default=None, repr=False)
    former_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    webhook_keys: tuple[str, ...] = field(default=(), repr=False)
    sns_topics: tuple[str, ...] = ()
    ledger_url: str | None = field(default=None, repr=False)
    email_via: str = field(default="file", repr=False)
    sms_via: str = field(default="file", repr=False)
    files_to: str | None = field(default=None, repr=False)
    seed_list: tuple[str, ...] = field(default=(), repr=False)
    public_url: str = "https://fredning.example"
    first_run_date: date = date(2026, 1, 1)
    keep_days: int = 90
    # Models that dbt builds side by side. Each statement uses all cores by itself, and dbt's own work takes turns in
    # one interpreter: on two cores, 1 takes a fifth longer and 4 no less.
    threads: int = 2
    memory_limit: str = "2GB"
    share: tuple[int, int] = (1, 1)

    @property
    def landing_dir(self) -> Path:
        return self.home / "landing"

    @property
    def raw_dir(self) -> Path:
        return self.home / "raw"

    @property
    def rejects_dir(self) -> Path:
        return self.home / "rejects"

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def published_path(self) -> Path:
        return self.home / "published" / "fredning.duckdb"

    @property
    def ledger_path(self) -> Path:
        return self.home / "ledger.sqlite"

    @property
    def outbox_dir(self) -> Path:
        return self.home / "outbox"

    @property
    def spool_dir(self) -> Path:
        return self.home / "spool"

    @property
    def previews_dir(self) -> Path:
        return self.home / "previews"

    @property
    def seed_previews_dir(self) -> Path:
        return self.previews_dir / "seeds"

    @property
    def audiences_dir(self) -> Path:
        return self.home / "audiences"

    @property
    def reports_dir(self) -> Path:
        return self.home / "reports"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def require_secret_key(self) -> bytes:
        """The key of all tokens and keyed hashes. Raises `SettingsError` when it is not set."""
        if not self.secret_key:
            raise SettingsError(
                "FREDNING_SECRET_KEY is not set. Unsubscribe links and address keys are signed with it: "
                "set it to a random value of at least 32 characters and keep it for good."
            )
        return self.secret_key.encode()

    def known_secret_keys(self) -> list[bytes]:
        """The present key and every former one, in this order. Raises `SettingsError` when there is none."""
        return [self.require_secret_key(), *(key.encode() for key in self.former_secret_keys)]

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read `FREDNING_*`. Raises `SettingsError` that lists every unusable value at once."""
        env = os.environ if environ is None else environ
        default = cls()
        problems: list[str] = []

        def text(name: str, fallback: str) -> str:
            return env.get(f"FREDNING_{name}", "").strip() or fallback

        def choice(name: str, fallback: str, allowed: tuple[str, ...]) -> str:
            value = text(name, fallback)
            if value not in allowed:
                problems.append(f"FREDNING_{name}={value!r}: must be one of {', '.join(allowed)}")
                return fallback
            return value

        def day(name: str, fallback: date) -> date:
            try:
                return date.fromisoformat(text(name, fallback.isoformat()))
            except ValueError:
                problems.append(f"FREDNING_{name}: must be a date like 2026-01-31")
                return fallback

        def words(name: str) -> tuple[str, ...]:
            return tuple(text(name, "").split())

        def entries(name: str) -> tuple[str, ...]:
            return tuple(entry.strip() for entry in text(name, "").split(",") if entry.strip())

        def count(name: str, fallback: int) -> int:
            value = text(name, str(fallback))
            if not value.isdigit() or int(value) < 1:
                problems.append(f"FREDNING_{name}={value!r}: must be a whole number above 0")
                return fallback
            return int(value)

        def share(name: str) -> tuple[int, int]:
            value = text(name, "1/1")
            part, slash, of = value.partition("/")
            if not (slash and part.isdigit() and of.isdigit() and 1 <= int(part) <= int(of)):
                problems.append(f"FREDNING_{name}={value!r}: must be a part like 1/4 or 4/4")
                return (1, 1)
            return (int(part), int(of))

        zone = text("TIMEZONE", default.timezone)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            problems.append(f"FREDNING_TIMEZONE={zone!r}: not a time zone of the IANA database")
        secret = env.get("FREDNING_SECRET_KEY", "")
        if secret and len(secret) < 32:
            problems.append("FREDNING_SECRET_KEY: must have at least 32 characters")

        if not all(map(_is_webhook_key, words("WEBHOOK_KEYS"))):
            problems.append(
                "FREDNING_WEBHOOK_KEYS: a key has at least 16 characters, or whsec_ and as many bytes as base64"
            )

        settings = cls(
            home=Path(text("HOME", str(default.home))).expanduser().resolve(),
            templates_dir=Path(text("TEMPLATES", str(default.templates_dir))).expanduser().resolve(),
            tenant=text("TENANT", default.tenant),
            timezone=zone,
            country=text("COUNTRY", default.country).upper(),
            currency=text("CURRENCY", default.currency).upper(),
            clock=cast(Clock, choice("CLOCK", default.clock, get_args(Clock))),
            approval=cast(Approval, choice("APPROVAL", default.approval, get_args(Approval))),
            kill_switch=choice("KILL_SWITCH", "off", ("on", "off")) == "on",
            secret_key=secret or None,
            former_secret_keys=words("FORMER_SECRET_KEYS"),
            webhook_keys=words("WEBHOOK_KEYS"),
            sns_topics=words("SNS_TOPICS"),
            ledger_url=text("LEDGER_URL", "") or None,
            email_via=text("EMAIL_VIA", default.email_via),
            sms_via=text("SMS_VIA", default.sms_via),
            files_to=text("FILES_TO", "") or None,
            seed_list=entries("SEED_LIST"),
            public_url=text("PUBLIC_URL", default.public_url).rstrip("/"),
            first_run_date=day("FIRST_RUN_DATE", default.first_run_date),
            keep_days=count("KEEP_DAYS", default.keep_days),
            threads=count("THREADS", default.threads),
            memory_limit=text("MEMORY_LIMIT", default.memory_limit),
            share=share("SHARE"),
        )
        if problems:
            raise SettingsError("The environment cannot be used:\n" + "\n".join(f"- {p}" for p in problems))
        return settings


def _is_webhook_key(key: str) -> bool:
    """Whether nobody guesses it; an empty one would let everybody sign."""
    encoded = key.removeprefix("whsec_")
    try:
        return len(encoded if encoded == key else base64.b64decode(encoded, validate=True)) >= _WEBHOOK_KEY_LENGTH
    except binascii.Error:
        return False
