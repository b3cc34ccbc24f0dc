"""The contact log as a day finds it: 20 messages a customer, as if sent on the days before.

Belongs here: for whom and when there were messages in the past. Not here: what is measured with them.
"""

from __future__ import annotations

from datetime import date

import duckdb

from orchestration.settings import Settings
from tests.benchmarks.scale.builds import build

PAST_MESSAGES = 20

_PAST = """
    copy (
        select
            md5(customer_id || n) as message_id, cast(sent_at as date) as run_date, customer_id,
            'newsletter_weekly' as journey, 'letter' as step, 'email' as channel,
            case when n % 4 = 0 then 'post_purchase' else 'newsletter' end as class, 'date:past:' || n as anchor,
            null::varchar as experiment, null::varchar as variant, 'ACCEPTED' as state, null::varchar as reason,
            'past' as batch_id, sent_at as send_at, sent_at, sent_at + interval 1 day as expires_at,
            'consent' as permission_basis, 'past' as permission_id, md5(customer_id) as address_key,
            'past' as policy_version
        from (
            select customer_id, n,
                timestamptz '{day} 08:00:00+00' - to_days(1 + (md5_number(customer_id || n) % 400)::integer) as sent_at
            from customers.ids, range({n}) as past(n)
        )
        where sent_at < timestamptz '{until} 00:00:00+00'
        order by sent_at
    ) to '{file}' (format parquet, compression zstd)
"""


def find_customers(settings: Settings, day: date, memory: str) -> None:
    """Who the customers will be, for the contact log: identity is built once alone, and forgotten again."""
    build(settings, day, memory, "+int_identity__persons")
    with duckdb.connect(str(settings.home / "customers.duckdb")) as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        connection.execute(
            "create or replace table ids as "
            "select distinct customer_id from warehouse.intermediate.int_identity__persons"
        )
    settings.warehouse_path.unlink()


def send_in_the_past(settings: Settings, today: date, until: date) -> None:
    """Write the log: messages dated back from `today`, as many of them as were sent before the day `until`."""
    file = settings.raw_dir / "outbox" / "contact_log" / "current.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.home / 'customers.duckdb'}' as customers (read_only)")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(_PAST.format(day=today, until=until, n=PAST_MESSAGES, file=file))
