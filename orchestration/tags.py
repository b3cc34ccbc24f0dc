"""Owners, kinds and asset groups: the words people filter the graph by, in one place."""

from __future__ import annotations

DATA_TEAM = "team:crm-data"
MARKETING_TEAM = "team:crm-marketing"

# Groups in the order in which data passes through them; the dbt translator maps folders to them.
GROUPS = (
    "landing",
    "templates",
    "staging",
    "catalogue",
    "identity",
    "purchases",
    "behaviour",
    "consent",
    "rfm",
    "value",
    "customers",
    "triggers",
    "recommendations",
    "decisions",
    "messaging",
    "audiences",
    "experiments",
    "reporting",
    "reports",
    "published",
)

# On assets that nothing reads every day: the daily run leaves them out, a job of their own makes them.
ON_DEMAND_TAG = "fredning/on_demand"
ON_DEMAND_TAGS = {ON_DEMAND_TAG: "true"}

# Only one run at a time may write the warehouse file; the pool's limit is 1 (instance/dagster.yaml).
WAREHOUSE_POOL = "warehouse"
