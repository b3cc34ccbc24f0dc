"""SQL that turns delivered values into typed ones, or into null when they are not of their column's type.

Deliberately narrower than the engine's own casts: those take '1_000', 'infinity', '0x1F' or 1.5 as a whole number,
and a wrong value must be put aside, not reinterpreted.
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.landing.contract import DUCKDB_TYPES, Column, ColumnType
from assets.landing.rows import MAX_FIELD_BYTES

# (rule, what the value must be): the words of a rejected row.
TYPE_RULES: Mapping[ColumnType, tuple[str, str]] = {
    "text": ("unusable_text", f"must not hold NUL or more than {MAX_FIELD_BYTES} bytes"),
    "integer": ("not_a_whole_number", "must be a whole number that fits 32 bits"),
    "number": ("not_a_number", "must be a number with a decimal point"),
    "money": ("not_an_amount", "must be an amount with a decimal point, without a currency"),
    "boolean": ("not_a_boolean", "must be true or false"),
    "instant": ("not_an_instant", "must be a time like 2026-01-31T13:45:00Z; without an offset it is local"),
    "day": ("not_a_day", "must be a day like 2026-01-31"),
    "days": ("not_a_list_of_days", "must be a list of days like 2019-05-17|2021-11-02"),
    "json": ("not_a_json_list", "must be a JSON list"),
}

_WHITESPACE = "' \t\r\n\u00a0'"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_WHOLE = r"[+-]?\d{1,15}(\.0*)?"
_DAY = r"\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?[Zz]?)?"
_INSTANT = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?([Zz]|[+-]\d{2}(:?\d{2})?))?)?"


def prepared(column: str, duckdb_type: str) -> str:
    """The delivered value, with blank text as null."""
    if duckdb_type == "VARCHAR":
        return f"nullif(trim(\"{column}\", {_WHITESPACE}), '')"
    return f'"{column}"'


def typed(column: Column, duckdb_type: str, value: str) -> str:
    """An expression over `value` (as prepared) of the column's own type; null when the value is none."""
    if duckdb_type == "VARCHAR":
        return _from_text(column.type, value)
    return _from_native(column.type, duckdb_type, value)


def missing(column: Column) -> str:
    return f"cast(null as {DUCKDB_TYPES[column.type]})"


def _matching(value: str, pattern: str, cast: str) -> str:
    return f"case when regexp_full_match({value}, '{pattern}') then {cast} end"


def _from_text(kind: ColumnType, v: str) -> str:
    match kind:
        case "text":
            return f"case when strlen({v}) <= {MAX_FIELD_BYTES} and not contains({v}, chr(0)) then {v} end"
        case "integer":
            return _matching(v, _WHOLE, f"try_cast({v} as integer)")
        case "number":
            finite = f"case when isfinite(try_cast({v} as double)) then try_cast({v} as double) end"
            return _matching(v, _NUMBER, finite)
        case "money":
            return _matching(v, _NUMBER, f"try_cast({v} as {DUCKDB_TYPES['money']})")
        case "boolean":
            yes, no = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
            return f"case when lower({v}) in {yes} then true when lower({v}) in {no} then false end"
        case "instant":
            # The second try is for spellings that are right by ISO 8601 but unknown to the engine.
            spelled = (
                f"regexp_replace(regexp_replace(upper({v}), '^(.{{10}}[T ]\\d\\d:\\d\\d)( ?[Z+-]|$)', '\\1:00\\2'),"
                " ' ([Z+-])', '\\1')"
            )
            return _matching(v, _INSTANT, f"coalesce(try_cast({v} as timestamptz), try_cast({spelled} as timestamptz))")
        case "day":
            return _matching(v, _DAY, f"try_cast(left({v}, 10) as date)")
        case "days":
            parts = f"string_split_regex(trim({v}, '[] '), '\\s*[|;,]\\s*')"
            given = f"list_filter({parts}, lambda part: trim(part, '\"'' ') <> '')"
            days = f"list_transform({given}, lambda part: try_cast(trim(part, '\"'' ') as date))"
            return f"case when len(list_filter({days}, lambda day: day is null)) = 0 then {days} end"
        case "json":
            return f"case when json_valid({v}) then case when json_type({v}) = 'ARRAY' then {v} end end"


def _from_native(kind: ColumnType, duckdb_type: str, v: str) -> str:
    match kind:
        case "text" if duckdb_type in ("FLOAT", "DOUBLE"):
            # Ids that a writer made floating because some were missing: 17, not 17.0.
            whole = f"{v} = floor({v}) and abs({v}) < 1e15"
            return f"case when {whole} then cast(cast({v} as bigint) as varchar) else cast({v} as varchar) end"
        case "text":
            return f"cast({v} as varchar)"
        case "integer":
            return f"case when {v} = floor({v}) then try_cast({v} as integer) end"
        case "number":
            return f"case when isfinite(cast({v} as double)) then cast({v} as double) end"
        case "money":
            return f"try_cast({v} as {DUCKDB_TYPES['money']})"
        case "boolean" if duckdb_type == "BOOLEAN":
            return v
        case "boolean":
            return f"case {v} when 1 then true when 0 then false end"
        case "instant" if duckdb_type == "TIMESTAMP WITH TIME ZONE":
            return v
        case "instant":
            return f"try_cast(try_cast({v} as timestamp) as timestamptz)"
        case "day":
            return f"try_cast({v} as date)"
        case "days":
            others = f"list_filter({v}, lambda x: try_cast(x as date) is null)"
            return f"case when len({others}) = 0 then try_cast({v} as date[]) end"
        case "json":
            return f"cast(to_json({v}) as varchar)"
