-- As of run_date; tables that are carried forward ask the macro for those of an earlier day.
{{ purchase_periods(run_date()) }}
