-- Lines of both channels under one key, gross. A view, so that readers take only the columns they need.
{{ config(materialized='view') }} {{ purchase_lines() }}
