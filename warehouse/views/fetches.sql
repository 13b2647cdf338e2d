-- Whatever became of a URL, one row each time: found, fetched, unchanged, failed, given up.
select
    $fetches_columns,
    fetch_date
from read_parquet('$fetches_glob', hive_partitioning = true, hive_types = {'fetch_date': date})
