"""An address that was an erased person's and is somebody's anew: who may be written to, and what goes all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from assets.messaging.ledger_guard import open_ledger
from assets.messaging.outbox import Outbox
from assets.messaging.sending import ERASED, ERASED_BEFORE, Permissions
from assets.privacy.handed_off import stop_for_good
from assets.privacy.landed import forget_in_raw
from assets.privacy.person import Forgotten, find_forgotten
from assets.privacy.returns import erased_since, reopen
from orchestration.settings import Settings
from tests.unit.privacy.household import ERASED_AT, add

NUMBER, EMAIL = "+4799112233", "gone@mail.example"
LATER = datetime(2027, 5, 1, tzinfo=UTC)
GONE = Forgotten(addresses=frozenset({("sms", NUMBER), ("email", EMAIL), ("record", "webshop:K7")}))
TODAY = date(2027, 5, 2)


@pytest.fixture
def outbox(settings: Settings) -> Iterator[Outbox]:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_consent_events (address varchar, channel varchar, occurred_at timestamptz)"
        )
    with open_ledger(settings) as ledger:
        stop_for_good(settings, ledger, GONE, TODAY, ERASED_AT)
        yield ledger


def holder(settings: Settings, updated_at: datetime, record: str = "webshop:K9") -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        add(connection, record, "newcomer", phone=NUMBER, updated_at=updated_at)


def consent(settings: Settings, occurred_at: datetime) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("insert into marts.fct_consent_events values (?, 'sms', ?)", [NUMBER, occurred_at])


def delivered(settings: Settings, dataset: str, columns: str, values: str) -> None:
    folder = settings.raw_dir / dataset
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"copy (from (values {values}) as t({columns})) to '{folder}/2027-05-02.parquet'")


def test_a_new_holder_may_be_written_to(settings: Settings, outbox: Outbox) -> None:
    """A stop for good would be on somebody who never asked for anything."""
    holder(settings, LATER)
    consent(settings, LATER)
    assert reopen(settings, outbox) == 1
    assert reopen(settings, outbox) == 0
    stop_for_good(settings, outbox, GONE, TODAY, LATER + timedelta(days=1))
    assert reopen(settings, outbox) == 0, "who asks again is erased again"


@pytest.mark.parametrize(
    ("updated_at", "record", "agreed_at"),
    [
        (ERASED_AT, "webshop:K9", LATER),
        (LATER, "webshop:K7", LATER),
        (LATER, "webshop:K9", ERASED_AT),
    ],
)
def test_what_a_source_still_delivers_opens_nothing(
    settings: Settings, outbox: Outbox, updated_at: datetime, record: str, agreed_at: datetime
) -> None:
    """An old record, the erased person's own record with a new stamp, an old consent: none is a new beginning."""
    holder(settings, updated_at, record)
    consent(settings, agreed_at)
    assert reopen(settings, outbox) == 0


def test_nobody_holds_it_and_it_stays_closed(settings: Settings, outbox: Outbox) -> None:
    """A consent alone is nobody's relationship yet."""
    consent(settings, LATER)
    assert reopen(settings, outbox) == 0


@pytest.mark.parametrize(
    ("reason", "basis", "objection"),
    [
        (ERASED, "service", "ADDRESS_SUPPRESSED"),
        (ERASED_BEFORE, "service", None),
        (ERASED_BEFORE, "consent", None),
        (ERASED_BEFORE, "existing_customer", "ADDRESS_SUPPRESSED"),
    ],
)
def test_an_address_that_was_opened_again_needs_a_consent_of_its_own(
    reason: str, basis: str, objection: str | None
) -> None:
    """It may be the same person, who wanted to be left alone: a sale alone does not take that back."""
    message = {"permission_basis": basis, "address_key": "k", "channel": "sms"}
    known = {("k", "sms"): [(reason, ERASED_AT)]}
    assert Permissions(frozenset(), LATER).objection(message, known) == objection


def test_what_is_reported_about_an_erased_address_goes_without_any_record(settings: Settings, outbox: Outbox) -> None:
    """Opens and clicks of yesterday's mails come in today; nobody may keep them."""
    delivered(settings, "provider/events", "channel, address, occurred_at", "('email', ' Gone@Mail.example', now())")
    delivered(settings, "service/cases", "email, phone, updated_at", "(null, '99 11 22 33', now())")
    found = find_forgotten(settings, TODAY, erased_since(outbox))
    assert found.customer_ids == set()
    assert found.emails == {EMAIL}
    assert "99112233" in found.phones


def test_a_consent_given_since_is_kept(settings: Settings, outbox: Outbox) -> None:
    """Somebody signed up under the address, and has no account yet; what was agreed to before is not kept."""
    columns = "channel, address, action, occurred_at"
    delivered(settings, "consent/events", columns, f"('email', '{EMAIL}', 'granted', timestamptz '{LATER}')")
    assert not find_forgotten(settings, TODAY, erased_since(outbox)).emails
    delivered(settings, "consent/events", columns, f"('email', '{EMAIL}', 'granted', timestamptz '{ERASED_AT}')")
    assert find_forgotten(settings, TODAY, erased_since(outbox)).emails == {EMAIL}


def test_facts_of_an_address_that_somebody_has_are_theirs(settings: Settings, outbox: Outbox) -> None:
    """The new holder's own mails are opened as well."""
    holder(settings, LATER)
    delivered(settings, "provider/events", "channel, address, occurred_at", f"('sms', '{NUMBER}', now())")
    assert not find_forgotten(settings, TODAY, erased_since(outbox))


def test_an_old_consent_is_not_inherited_with_the_number(settings: Settings, outbox: Outbox) -> None:
    """A source delivers it once more when somebody else has the number: it would permit what nobody agreed to."""
    holder(settings, LATER)
    columns = "event_id, channel, address, action, occurred_at"
    values = [
        f"('{n}', 'sms', '99 11 22 33', 'granted', timestamptz '{at}')" for n, at in enumerate((ERASED_AT, LATER))
    ]
    delivered(settings, "consent/events", columns, ", ".join(values))
    found = find_forgotten(settings, TODAY, erased_since(outbox))
    assert found.consent_ids == {"0"}
    assert not found.phones
    assert forget_in_raw(settings, found) == 1
    assert not find_forgotten(settings, TODAY, erased_since(outbox))
