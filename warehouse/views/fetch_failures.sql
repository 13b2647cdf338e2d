-- The URLs whose newest fetch failed, with the reason, and when each is tried again; those given up stay here.
-- A page that was stored before it failed shows when.
select
    url, source, host, outcome, failure_class, failure_detail, http_status, is_transient, drop_reason,
    try_count, recorded_at, next_try_at, stored_at
from fetch_state
where outcome in ('failed', 'skipped', 'dropped') or (outcome = 'queued' and failure_class is not null)
