-- A topic's opening time was moved ahead: what is watched of it ends.
alter table playback_sessions
    drop constraint playback_sessions_end_reason_check,
    add constraint playback_sessions_end_reason_check check (end_reason in (
        'closed', 'signed_out', 'blocked', 'access_lost', 'removed', 'too_many', 'topic_closed'
    ));
