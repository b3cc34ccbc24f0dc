"""Dagster wiring: how the steps of `assets/` and `dbt_project/` become one graph. No SQL, no business rules."""
