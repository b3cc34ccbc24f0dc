"""The suites are data: these tests keep them honest against the contracts, and keep the rules in one place."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.landing.contract import Contract, load_contracts
from assets.quality import suites
from assets.quality.suites import (
    RECEIVED_ON,
    RECEIVED_UNTIL,
    UNIQUE,
    Expectation,
    Suite,
    Tolerance,
    UnusableSuite,
    load_suites,
    suite_of,
)
from assets.quality.validate import ValidationFailed, broken_rows

CONTRACTS = list(load_contracts().values())
by_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.name)


def expectation(expect: str, **kwargs: object) -> Expectation:
    column = str(kwargs.get("column", "a"))
    return Expectation("rule", expect, column, kwargs, "warning", True, "sentence")


@by_contract
def test_every_dataset_has_a_suite_that_knows_only_its_columns(contract: Contract) -> None:
    """A rule for a column that does not exist would fail on the first delivery, at night."""
    suite = suite_of(contract.source, contract.dataset)
    known = {*contract.column_names, *suite.derived, RECEIVED_ON, RECEIVED_UNTIL}
    assert suite.expectations
    assert {name for e in suite.expectations for name in e.columns} <= known
    assert {name for columns in suite.derived.values() for name in columns} <= set(contract.column_names)


@by_contract
def test_mandatory_columns_must_have_values(contract: Contract) -> None:
    """A column that may not be missing may not be empty either."""
    suite = suite_of(contract.source, contract.dataset)
    checked = {e.column for e in suite.expectations if e.rule == "not_null" and e.rejects_rows}
    assert checked == {c.name for c in contract.columns if c.mandatory}


@by_contract
def test_the_key_is_unique_within_a_delivery(contract: Contract) -> None:
    """Of rows that change, one version per instant; of everything else, one row per key."""
    (unique,) = [e for e in suite_of(contract.source, contract.dataset).expectations if e.expect == UNIQUE]
    version = (contract.happened_at,) if contract.mode == "changed_rows" else ()
    assert unique.columns == (RECEIVED_ON, *contract.key, *version)
    assert unique.rejects_rows


@by_contract
def test_what_happened_lies_before_its_delivery(contract: Contract) -> None:
    """A date in the future would wait in the warehouse and strike on its day."""
    suite = suite_of(contract.source, contract.dataset)
    checked = {e.column for e in suite.expectations if e.rule == "not_in_future" and e.rejects_rows}
    assert contract.happened_at is None or contract.happened_at in checked


@by_contract
def test_only_datasets_that_sending_depends_on_can_block(contract: Contract) -> None:
    """A red mark that stops the morning has to mean that sending would be wrong."""
    suite = suite_of(contract.source, contract.dataset)
    assert ("blocking" in suite.severities) == contract.needed_for_sending
    assert all(e.severity == "warning" for e in suite.expectations if not e.rejects_rows)


@by_contract
def test_rules_can_be_told_apart_by_their_names(contract: Contract) -> None:
    """Reports and checks show a rule by its name."""
    names = [e.name for e in suite_of(contract.source, contract.dataset).expectations]
    assert len(names) == len(set(names))


def test_there_is_no_suite_without_a_contract() -> None:
    """It would check nothing, and look as if it did."""
    assert set(load_suites()) == set(load_contracts())


def test_every_mistake_of_a_suite_file_is_listed(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever edits rules should see all mistakes at once, before the night."""
    (tmp_path / "a.b.yml").write_text(
        "dataset: a/c\n"
        "expectations:\n"
        "  - {rule: x, expect: expect_table_row_count_to_equal, severity: loud, rejects_rows: true, sentence: s}\n"
        "  - {rule: y}\n"
    )
    monkeypatch.setattr(suites, "SUITES_DIR", tmp_path)
    with pytest.raises(UnusableSuite) as raised:
        load_suites.__wrapped__()
    assert [line.split(":")[0] for line in str(raised.value).splitlines()[1:]] == [
        "- a.b.yml, expectation 1",
        "- a.b.yml, expectation 1",
        "- a.b.yml, expectation 2",
        "- a.b.yml",
    ]


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (expectation("expect_column_values_to_not_be_null", column="text"), [2]),
        (expectation("expect_column_values_to_be_in_set", column="text", value_set=["a"]), [1, 3]),
        (expectation("expect_column_values_to_be_between", column="number", min_value=0, max_value=5), [1, 3]),
        (expectation("expect_column_values_to_match_regex", column="text", regex="^[a-z]$"), [3]),
        (expectation(UNIQUE, column_list=["key", "text"], ignore_row_if="never"), []),
        (expectation(UNIQUE, column_list=["until", "key"], ignore_row_if="never"), [0, 1]),
        (
            expectation(
                "expect_column_pair_values_a_to_be_greater_than_b",
                column_A="until",
                column_B="at",
                ignore_row_if="either_value_is_missing",
            ),
            [1],
        ),
    ],
)
def test_each_kind_of_rule_points_at_the_rows_that_break_it(rule: Expectation, broken: list[int]) -> None:
    """These are the promises of Great Expectations that landing builds on; an upgrade must keep them."""
    frame = pd.DataFrame(
        {
            "key": ["k", "k", "l", None],
            "text": ["a", "b", None, "é!"],
            "number": [1.0, -1.0, None, 6.0],
            "until": pd.to_datetime(["2026-11-21"] * 4),
            "at": pd.to_datetime(["2026-11-20", "2026-11-21", None, "2026-11-20 23:59:59.999999"], format="mixed"),
        }
    )
    ((_, positions),) = broken_rows(Suite("a/b", (rule,)), frame)
    assert positions.tolist() == broken


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_no_pass() -> None:
    """Silence would look like clean data."""
    rule = expectation("expect_column_values_to_be_between", column="text", min_value=0)
    with pytest.raises(ValidationFailed, match=r"rule\(text\)"):
        broken_rows(Suite("a/b", (rule,)), pd.DataFrame({"text": ["kari@post.example"]}))


def test_a_few_broken_rows_are_an_accident() -> None:
    """Ten rows, or one in twenty, whichever is more."""
    tolerance = Tolerance()
    assert tolerance.covers(10, 10)
    assert not tolerance.covers(11, 100)
    assert tolerance.covers(50, 1000)
    assert not tolerance.covers(51, 1000)


def test_importing_the_assets_does_not_import_great_expectations() -> None:
    """It takes seconds; the code location, the command line and most tests never need it."""
    import subprocess
    import sys

    code = (
        "import sys, assets.landing.assets as a; a.build_landing_assets(); print('great_expectations' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
