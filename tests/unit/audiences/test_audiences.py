"""Lists for ad platforms: their formats as documented, removals by identifier, whole or not there."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.audiences import daily
from assets.audiences.daily import AUDIENCES, hashed_lists
from assets.audiences.formats import google_email, google_phone, hashed, meta_email, meta_phone
from assets.audiences.lists import List, forget_in_lists, previous_delivery, removals, write_lists

DAY = date(2026, 11, 20)
GOLDEN = Path(__file__).parent / "golden"

MEMBERS = [
    ("customers", "Kari.Nordmann@Example.NO ", "+4790000001"),
    ("customers", "ola.normann@gmail.com", None),
    ("lookalike_seed", None, "+46701234567"),
]


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("normal", "given_", "wanted"),
    [
        # Meta: trimmed, lower case; digits with country code.
        (meta_email, " John_Smith@Gmail.com ", "john_smith@gmail.com"),
        (meta_email, "a.b@gmail.com", "a.b@gmail.com"),
        (meta_phone, "+47 900 00 001", "4790000001"),
        (meta_phone, "0047 90000001", "4790000001"),
        # Google: no white space, for Gmail only neither periods nor a plus; E.164 with its plus.
        (google_email, " Jefferson.Loves.Hiking@gmail.com", "jeffersonloveshiking@gmail.com"),
        (google_email, "A.b@GoogleMail.com", "ab@googlemail.com"),
        (google_email, "cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        (google_email, "user.name+NYC@Example.com", "user.name+nyc@example.com"),
        (google_email, "a.b@kunde.example", "a.b@kunde.example"),
        (meta_email, "a.b+shop@gmail.com", "a.b+shop@gmail.com"),
        (google_phone, "+1 800 555 0102", "+18005550102"),
    ],
)
def test_identifiers_have_the_documented_normal_form(normal: Any, given_: str, wanted: str) -> None:
    """One character more or less, and the hash matches nobody."""
    assert normal(given_) == wanted


def test_the_hash_is_sha256_in_lower_case_hex() -> None:
    """The published value of the empty-looking but common example."""
    assert hashed("test@example.com") == "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"


def test_lists_are_byte_for_byte_the_golden_ones(tmp_path: Path) -> None:
    """What a platform reads changes only on purpose."""
    write_lists(tmp_path, DAY, hashed_lists(MEMBERS), {"policy_version": "x"})
    for name in ("customers.meta.csv", "customers.google.csv", "lookalike_seed.google.csv", "manifest.json"):
        assert (tmp_path / str(DAY) / name).read_text() == (GOLDEN / name).read_text(), name


def test_the_manifest_counts_and_hashes_what_lies_there(tmp_path: Path) -> None:
    write_lists(tmp_path, DAY, hashed_lists(MEMBERS), {"policy_version": "x"})
    manifest = json.loads((tmp_path / str(DAY) / "manifest.json").read_text())
    assert len(manifest["lists"]) == len(AUDIENCES) * 2
    for one in manifest["lists"]:
        for kind in ("members", "removals"):
            content = (tmp_path / str(DAY) / one[kind]["file"]).read_bytes()
            assert one[kind]["sha256"] == hashlib.sha256(content).hexdigest()
            assert one[kind]["rows"] == content.count(b"\n") - 1
            assert one[kind]["bytes"] == len(content)


def test_whoever_left_is_taken_off_by_identifier(tmp_path: Path) -> None:
    """Somebody who takes back the number stays by e-mail, and somebody erased goes with everything."""
    write_lists(
        tmp_path, DAY, hashed_lists([("customers", "a@x.no", "+4790000001"), ("customers", "b@x.no", None)]), {}
    )
    write_lists(tmp_path, DAY + timedelta(days=1), hashed_lists([("customers", "a@x.no", None)]), {})
    gone = read(tmp_path / "2026-11-21" / "customers.meta.removals.csv")
    assert gone == [["email", "phone"], [sha("b@x.no"), ""], ["", sha("4790000001")]]


def test_an_audience_that_is_empty_now_removes_everybody(tmp_path: Path) -> None:
    write_lists(tmp_path, DAY, hashed_lists([("win_back", "a@x.no", None)]), {})
    write_lists(tmp_path, DAY + timedelta(days=1), hashed_lists([]), {})
    assert len(read(tmp_path / "2026-11-21" / "win_back.google.removals.csv")) == 2
    assert len(read(tmp_path / "2026-11-21" / "win_back.google.csv")) == 1


def test_the_same_day_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """A day that is run again compares with the day before it, not with itself."""

    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    write_lists(tmp_path, DAY, hashed_lists(MEMBERS), {})
    write_lists(tmp_path, DAY + timedelta(days=1), hashed_lists(MEMBERS[:1]), {})
    first = everything()
    write_lists(tmp_path, DAY + timedelta(days=1), hashed_lists(MEMBERS[:1]), {})
    assert everything() == first


def test_a_torn_delivery_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its manifest nobody collects it, and the next day compares with the last whole one."""
    write_lists(tmp_path, DAY, hashed_lists(MEMBERS), {})

    def dies(_value: Any) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("assets.audiences.lists._json", dies)
        with pytest.raises(KeyboardInterrupt):
            write_lists(tmp_path, DAY + timedelta(days=1), hashed_lists(MEMBERS), {})
    assert previous_delivery(tmp_path, DAY + timedelta(days=2)) == tmp_path / str(DAY)


def test_lists_older_than_the_day_before_are_gone(tmp_path: Path) -> None:
    """Whoever left, or was erased, is remembered no longer than it takes to say so."""
    for days in range(4):
        write_lists(tmp_path, DAY + timedelta(days=days), hashed_lists(MEMBERS), {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-22", "2026-11-23"]


def test_erasure_takes_an_address_in_the_clear_out_at_once(tmp_path: Path) -> None:
    rows = [("a@x.no", "own_pause", "2026-11-21T00:00:00Z"), ("b@x.no", "own_pause", "2026-11-21T00:00:00Z")]
    write_lists(tmp_path, DAY, [List("newsletter_exclusions", ("email", "rule", "until"), rows, 1)], {})
    assert forget_in_lists(tmp_path, {"a@x.no"}) == 1
    content = (tmp_path / str(DAY) / "newsletter_exclusions.csv").read_bytes()
    assert b"a@x.no" not in content
    assert b"b@x.no" in content
    manifest = json.loads((tmp_path / str(DAY) / "manifest.json").read_text())
    assert manifest["lists"][0]["members"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_no_list_for_a_platform_holds_an_address(tmp_path: Path) -> None:
    write_lists(tmp_path, DAY, hashed_lists(MEMBERS), {})
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.*")).lower()
    for secret in (b"nordmann", b"normann", b"90000001", b"701234567"):
        assert secret not in written


def slow_removals(before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The rule again, a row at a time: what a platform still has minus what it should have."""
    emails, phones = [], []
    for email, phone in before:
        if email and all(email != other for other, _ in now):
            emails.append((email, ""))
        if phone and all(phone != other for _, other in now):
            phones.append(("", phone))
    return {*emails, *phones}


people = st.lists(st.tuples(st.sampled_from(("", "e1", "e2", "e3")), st.sampled_from(("", "p1", "p2"))), max_size=6)


@given(people, people)
def test_removals_leave_exactly_the_new_list_behind(before: Any, now: Any) -> None:
    """After the removals a platform knows nobody who is not on the new list."""
    found = removals(before, now, 2)
    assert set(found) == slow_removals(before, now)
    assert len(found) == len(set(found))


def test_every_audience_that_sql_decides_is_delivered() -> None:
    """A list that is decided and never written would never be missed."""
    model = (
        Path(daily.__file__).parents[2] / "dbt_project/models/marts/audiences/fct_audience_members.sql"
    ).read_text()
    for audience in AUDIENCES:
        assert f"'{audience}'" in model
