alter table playback_traffic
    drop column reported,
    alter column bytes drop default;
