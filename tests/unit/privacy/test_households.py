"""Whom forgetting somebody reaches: a household shares numbers and addresses, and only one of them asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from assets.messaging import keys
from assets.messaging.ledger_guard import open_ledger
from assets.privacy import by_hand
from assets.privacy.counted import n_erased_since
from assets.privacy.databases import forget_in_database
from assets.privacy.handed_off import stop_for_good
from assets.privacy.person import Forgotten, find_forgotten
from assets.privacy.returns import erased_since
from orchestration.settings import Settings
from tests.unit.privacy.household import ERASED_AT, HOME, add

TODAY = date(2026, 11, 22)


def forget(settings: Settings, **named: str) -> Forgotten:
    return find_forgotten(settings, TODAY, {}, named)


def found_next_day(settings: Settings, forgotten: Forgotten) -> frozenset[str]:
    """Whom the suppression list recognises, while the sources still deliver everybody."""
    secret = settings.require_secret_key()
    listed = {(kind, keys.address_key(secret, kind, value)): ERASED_AT for kind, value in forgotten.addresses}
    return find_forgotten(settings, TODAY, listed).customer_ids


def test_forgetting_one_of_a_household_never_forgets_the_others(settings: Settings) -> None:
    """Astrid did not ask. A number on the list of the erased would forget her the next day, for good."""
    forgotten = forget(settings, member_id="M1")
    assert forgotten.customer_ids == {"turid"}
    assert ("sms", HOME) not in forgotten.addresses
    assert found_next_day(settings, forgotten) == {"turid"}


def test_an_erasure_that_is_repeated_counts_everybody_once(settings: Settings) -> None:
    """Audits say how many people are missing; a source that does not forget would make them more every night."""
    with open_ledger(settings) as outbox:
        for day, member_id in ((TODAY, "M1"), (TODAY, "M1"), (TODAY + timedelta(days=1), "M2")):
            # By one day's rules: to compile them for another takes dbt seconds.
            forgotten = find_forgotten(settings, TODAY, erased_since(outbox), {"member_id": member_id})
            stop_for_good(settings, outbox, forgotten, day, ERASED_AT)
    assert n_erased_since(settings, TODAY) == 2
    assert n_erased_since(settings, TODAY + timedelta(days=1)) == 1


def test_what_is_the_persons_own_still_stops_every_message(settings: Settings) -> None:
    """Only what others have as well may stay open; everything else is closed for good."""
    assert forget(settings, member_id="M1").addresses >= {
        ("email", "turid@mail.example"),
        ("sms", "+4799887766"),
        ("member_id", "M1"),
    }


def deliver_accounts(settings: Settings, versions: str) -> None:
    """Versions of webshop accounts, as a raw file: (account_id, email, phone)."""
    folder = settings.raw_dir / "webshop" / "accounts"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from (values {versions}) as t(account_id, email, phone)) to '{folder}/2026-11-01.parquet'"
        )


def test_the_address_that_an_account_had_before_is_forgotten_with_it(settings: Settings) -> None:
    """Older sales bear the address that the account had then: it must not stay because the account has another now."""
    deliver_accounts(
        settings,
        "('K1', 'Turid@Former.example', '40 11 22 33'), ('K1', 'turid@mail.example', null), "
        "('K2', 'other@former.example', null)",
    )
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create table int_purchases__orders (order_id varchar, email varchar, phone varchar)")
        connection.execute(
            "insert into int_purchases__orders values ('webshop:1', 'turid@former.example', null), "
            "('webshop:2', null, '+4740112233'), ('webshop:3', 'other@former.example', null)"
        )
    assert forget_in_database(settings, settings.warehouse_path, forget(settings, member_id="M1"))
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        kept = connection.execute("from int_purchases__orders order by order_id").fetchall()
    assert kept == [("webshop:1", None, None), ("webshop:2", None, None), ("webshop:3", "other@former.example", None)]


def test_a_guest_under_a_former_address_is_nobody_else(settings: Settings) -> None:
    """Identity knows the present address only; the order under the former one is the same person's all the same."""
    deliver_accounts(settings, "('K1', 'Turid@Former.example', '40 11 22 33'), ('K1', 'shared@former.example', null)")
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        add(connection, "webshop_order:W1", "guest", email="turid@former.example")
        add(connection, "webshop_order:W2", "other guest", email="shared@former.example")
        add(connection, "webshop:K8", "ola", email="shared@former.example")
    forgotten = forget(settings, member_id="M1")
    assert forgotten.customer_ids == {"turid", "guest"}
    assert forgotten.order_ids == {"W1"}
    assert "turid@former.example" in forgotten.emails
    assert "shared@former.example" not in forgotten.emails


def test_somebody_who_has_nothing_of_their_own_is_recognised_by_the_record(settings: Settings) -> None:
    """Ola is known by the household's number alone: his record must not bring him back, nor the number the others."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("insert into intermediate.int_customers__erased values ('ola', now())")
    forgotten = find_forgotten(settings, TODAY, {})
    assert forgotten.customer_ids == {"ola"}
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("delete from intermediate.int_customers__erased")
    assert found_next_day(settings, forgotten) == {"ola"}


def test_an_address_that_identifies_nobody_names_nobody(settings: Settings) -> None:
    """The till's own address stands on many records; one request that gives it may not take them all along."""
    assert forget(settings, email="kunde@mail.example").customer_ids == set()


def test_who_was_named_with_a_shared_number_is_alone_in_being_meant(settings: Settings) -> None:
    """The number is Astrid's as well; with Turid's member id it is clear who is meant."""
    assert forget(settings, member_id="M1", phone=HOME).customer_ids == {"turid"}
    assert forget(settings, phone=HOME).customer_ids == {"turid", "astrid", "ola"}


@pytest.mark.parametrize(
    ("typed", "customers"),
    [
        ("ola.nordmann+shop@googlemail.com", {"ola"}),
        ("OLANORDMANN@gmail.com", {"ola"}),
        ("ola.nordmann+shop@mail.example", set()),
    ],
)
def test_an_address_reaches_its_mailbox_however_the_provider_lets_it_be_written(
    settings: Settings, typed: str, customers: set[str]
) -> None:
    """No record bears the spelling that the person gives on the telephone; nobody would be forgotten."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        add(connection, "club:M7", "ola", email="ola.nordmann@gmail.com", mailbox="olanordmann@gmail.com")
        add(connection, "club:M8", "astrid", email="ola.nordmann@mail.example")
    forgotten = forget(settings, email=typed)
    assert forgotten.customer_ids == customers
    assert typed.lower() in forgotten.emails, "what was said may stand in files as well"


def test_an_initial_is_a_name_that_agrees(settings: Settings) -> None:
    """T. of the household's number may be Turid, who was named; Astrid can not."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        add(connection, "pos:P9", "till note", phone=HOME)
        connection.execute(
            "update intermediate.int_identity__records set first_name_key = 't' where record_id = 'pos:P9'"
        )
    assert forget(settings, member_id="M1", phone=HOME).customer_ids == {"turid", "till note"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("split_part(split_part(email, '@', 1), tags.normal_form, 1)", "split_part(email, '@', 1)"),
        ("dots.value is not null", "false"),
        ("coalesce(names_agree, true)", "true"),
        ("(length(own.first_name_key) = 1 and", "(false and"),
    ],
)
def test_what_is_named_by_hand_is_read_by_the_rule_of_delivered_requests(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str
) -> None:
    """The rule stands in SQL alone: another rule there is another erasure by hand."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        add(connection, "club:M7", "seven", email="o.la@gmail.com", mailbox="ola@gmail.com")
        add(connection, "pos:P9", "till note", phone=HOME)
        connection.execute(
            "update intermediate.int_identity__records set first_name_key = 't' where record_id = 'pos:P9'"
        )
    named = ({"email": "o.l.a+b@gmail.com"}, {"member_id": "M1", "phone": HOME})
    before = [forget(settings, **by).customer_ids for by in named]
    rules = {key: sql.replace(right, wrong) for key, sql in by_hand._rules.items()}
    assert rules != by_hand._rules, "the place of the mutation is gone: adapt the mutant"
    monkeypatch.setattr(by_hand, "_rules", rules)
    assert [forget(settings, **by).customer_ids for by in named] != before


@pytest.mark.parametrize(
    ("record", "updated_at", "is_forgotten"),
    [
        ("webshop:K1", datetime(2027, 5, 1, tzinfo=UTC), True),
        ("webshop:K9", datetime(2026, 11, 1, tzinfo=UTC), True),
        ("webshop:K9", datetime(2027, 5, 1, tzinfo=UTC), False),
    ],
)
def test_who_gets_the_number_later_is_somebody_else(
    settings: Settings, record: str, updated_at: datetime, is_forgotten: bool
) -> None:
    """Numbers are given out again: an old request may not forget their new owner, year after year."""
    forgotten = forget(settings, member_id="M1")
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        for table in ("persons", "records", "identifiers"):
            connection.execute(
                f"delete from intermediate.int_identity__{table} where record_id in ('club:M1', 'webshop:K1')"
            )
        add(connection, record, "newcomer", phone="+4799887766", updated_at=updated_at)
    assert found_next_day(settings, forgotten) == ({"newcomer"} if is_forgotten else set())


def test_who_begins_anew_is_not_forgotten_for_what_a_source_still_delivers(settings: Settings) -> None:
    """The club has not deleted M1; the account that the same person opened afterwards is her own new will."""
    forgotten = forget(settings, member_id="M1")
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("delete from intermediate.int_identity__persons where record_id = 'webshop:K1'")
        add(connection, "webshop:K9", "turid", email="turid@mail.example", updated_at=datetime(2027, 5, 1, tzinfo=UTC))
    secret = settings.require_secret_key()
    listed = {(kind, keys.address_key(secret, kind, value)): ERASED_AT for kind, value in forgotten.addresses}
    again = find_forgotten(settings, TODAY, listed)
    assert again.customer_ids == set()
    assert again.record_ids == {"club:M1"}
    assert again.member_ids == {"M1"}
    assert "turid@mail.example" not in again.emails
