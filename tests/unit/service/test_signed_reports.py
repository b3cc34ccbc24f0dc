"""What providers report under a signature: obeyed once, refused when it makes no sense, unheard when nobody signed it.

Made-up reports in the styles of all providers are in `test_forged_reports`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from assets.messaging.ledger import suppressions
from tests.unit.service.three_messages import MAIL, bounce, everything, rows_of, signed
from tests.unit.service.world import Site


def test_a_genuine_report_is_obeyed_once_however_often_it_comes(site: Site) -> None:
    """Providers repeat themselves; what is missing (the address) is found by the message."""
    call = signed(bounce())
    assert [site.ask("POST", "/events/signed", *call).status for _ in range(2)] == [204, 204]
    assert [each["reason"] for each in rows_of(site, suppressions)] == ["complaint"]
    (file,) = site.delivered("provider/events")
    assert json.loads(file.read_text())["address"] == MAIL["address"]


@pytest.mark.parametrize(
    "call",
    [
        signed(bounce(), key="another key"),
        signed(bounce(), at=datetime.now(UTC) - timedelta(hours=1)),
        (signed(bounce())[0] + b" ", signed(bounce())[1]),
        (b"{}", {}),
    ],
    ids=["forged", "replayed", "tampered", "unsigned"],
)
def test_reports_that_are_not_genuine_change_nothing(site: Site, call: tuple[bytes, dict[str, str]]) -> None:
    before = everything(site)
    assert site.ask("POST", "/events/signed", *call).status == 401
    assert everything(site) == before


def test_a_genuine_report_that_makes_no_sense_is_refused(site: Site) -> None:
    assert site.ask("POST", "/events/signed", *signed(bounce(event="exploded"))).status == 422


@pytest.mark.parametrize("style", ["ses", "twilio/x", "kannel/x"])
def test_a_style_without_a_shared_secret_takes_nothing(site: Site, style: str) -> None:
    """Where nothing is configured, nobody's call can be genuine."""
    assert site.ask("POST", f"/events/{style}", b"{}").status == 401
