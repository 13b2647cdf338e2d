-- One row per URL: its newest row in `fetches`, and what is known of the page that was stored.
-- The validators are those of the last answer that brought the page or said that it is unchanged: a failure since then
-- does not take them away.
select
    url,
    newest.source as source,
    newest.found_in as found_in,
    newest.host as host,
    newest.recorded_at as recorded_at,
    newest.outcome as outcome,
    newest.http_status as http_status,
    newest.failure_class as failure_class,
    newest.failure_detail as failure_detail,
    newest.is_transient as is_transient,
    newest.drop_reason as drop_reason,
    newest.try_count as try_count,
    newest.next_try_at as next_try_at,
    newest.hints as hints,
    newest.run_id as run_id,
    stored_at,
    answered.recorded_at as answered_at,
    answered.etag as etag,
    answered.last_modified as last_modified
from (
    select
        url,
        -- Rows of one moment: what became of a URL counts, not that it was queued.
        max({
            'recorded_at': recorded_at,
            'is_decided': outcome <> 'queued',
            'try_count': try_count,
            'source': source,
            'found_in': found_in,
            'host': host,
            'outcome': outcome,
            'http_status': http_status,
            'failure_class': failure_class,
            'failure_detail': failure_detail,
            'is_transient': is_transient,
            'drop_reason': drop_reason,
            'next_try_at': next_try_at,
            'hints': hints,
            'run_id': run_id
        }) as newest,
        max(recorded_at) filter (outcome = 'stored') as stored_at,
        max({'recorded_at': recorded_at, 'etag': etag, 'last_modified': last_modified})
            filter (outcome in ('stored', 'not_modified')) as answered
    from fetches
    group by url
)
