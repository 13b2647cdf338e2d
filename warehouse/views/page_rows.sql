-- Every row of every file of the pages layer, with the file's name: what the other views are made of.
select
    $columns,
    fetch_date,
    filename
-- The types are named, so that a folder above the warehouse that looks like a partition changes nothing.
from read_parquet('$pages_glob', hive_partitioning = true, hive_types = {'fetch_date': date}, filename = true)
