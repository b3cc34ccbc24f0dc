{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_volume_bands'}}}) }}

-- A filter that lets everybody in shows first in the volume. It warns and does not stop the run: the hand-off
-- holds just these journeys for a person, and nobody else's thanks for a purchase comes late.
select journey, channel, n_messages, forecast, highest, held_because
from {{ ref('fct_volume_bands') }}
where run_date = {{ run_date() }} and held_because is not null
