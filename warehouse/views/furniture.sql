-- The blocks that were learned to be furniture, one row per site and block; those vetoed are marked and never cut.
-- What of them was cut from which page is in `removals`, where `kind` is `site_furniture`.
select
    site, block_id, 'furniture.' || block_id[:8] as rule_id, group_count, site_group_count,
    group_count / site_group_count as share,
    page_count, is_edge_bound, is_vetoed, first_seen_date, last_seen_date, sample
from read_parquet('$furniture_file', hive_partitioning = false)
