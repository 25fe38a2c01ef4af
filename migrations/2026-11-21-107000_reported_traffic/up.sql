-- What players say that a delivery network sent them: an estimate on their word, so it stands apart.
alter table playback_traffic
    alter column bytes set default 0,
    add column reported bigint not null default 0 check (reported >= 0);
