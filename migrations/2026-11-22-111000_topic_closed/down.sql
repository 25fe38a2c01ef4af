update playback_sessions set end_reason = 'access_lost' where end_reason = 'topic_closed';
alter table playback_sessions
    drop constraint playback_sessions_end_reason_check,
    add constraint playback_sessions_end_reason_check check (end_reason in (
        'closed', 'signed_out', 'blocked', 'access_lost', 'removed', 'too_many'
    ));
