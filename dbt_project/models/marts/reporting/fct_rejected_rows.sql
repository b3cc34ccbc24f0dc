select received_on, source, dataset, source_file, source_line, column_name, rule, value, reason
from {{ ref('stg_landing__rejects') }}
