-- Every known line less what came back of it. A view: orders are rolled up from it before anything is
-- joined to them, and reading the lines twice costs less than writing one more table of all of them.
{{ config(materialized='view') }} {{ netted_lines(ref('int_purchases__lines')) }}
