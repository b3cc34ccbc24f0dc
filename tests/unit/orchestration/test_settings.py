"""Settings: read once, complete error messages, no secret without need."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.settings import Settings, SettingsError


def test_every_unusable_value_is_named_at_once() -> None:
    """Someone who sets up a machine must not find the mistakes one start at a time."""
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(
            {
                "FREDNING_TIMEZONE": "Mars/Olympus",
                "FREDNING_CLOCK": "sundial",
                "FREDNING_THREADS": "none",
                "FREDNING_SECRET_KEY": "short",
                "FREDNING_FIRST_RUN_DATE": "yesterday",
                "FREDNING_KEEP_DAYS": "0",
            }
        )
    message = str(raised.value)
    for name in ("TIMEZONE", "CLOCK", "THREADS", "SECRET_KEY", "FIRST_RUN_DATE", "KEEP_DAYS"):
        assert f"FREDNING_{name}" in message
    assert "short" not in message.split("FREDNING_SECRET_KEY")[1].split("\n")[0]


@pytest.mark.parametrize("key", ["whsec_", "whsec_AAAA", "whsec_not base64", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%", "short"])
def test_a_key_that_anybody_can_guess_is_no_webhook_key(key: str) -> None:
    """An empty key is one that every forger has."""
    with pytest.raises(SettingsError, match="FREDNING_WEBHOOK_KEYS") as error:
        Settings.from_env({"FREDNING_WEBHOOK_KEYS": f"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw {key}"})
    assert "MfKQ9" not in str(error.value)


def test_a_fresh_installation_sends_nothing_without_approval() -> None:
    """The careful value is the default: approval by a person, real clock."""
    settings = Settings.from_env({})
    assert (settings.approval, settings.clock, settings.kill_switch) == ("manual", "wall", False)


def test_home_moves_everything(tmp_path) -> None:
    """One setting moves all run data, so that two installations share nothing by accident."""
    settings = Settings.from_env({"FREDNING_HOME": str(tmp_path), "FREDNING_FIRST_RUN_DATE": "2026-03-29"})
    for path in (
        settings.landing_dir,
        settings.raw_dir,
        settings.rejects_dir,
        settings.warehouse_path,
        settings.published_path,
        settings.ledger_path,
        settings.outbox_dir,
        settings.previews_dir,
        settings.seed_previews_dir,
        settings.reports_dir,
        settings.dagster_home,
    ):
        assert path.is_relative_to(tmp_path)
    assert settings.first_run_date == date(2026, 3, 29)


def test_a_missing_secret_says_what_it_is_for() -> None:
    """Links signed with a default key could be forged by anyone who reads the source."""
    with pytest.raises(SettingsError, match="FREDNING_SECRET_KEY"):
        Settings.from_env({}).require_secret_key()
