drop table room_members;
drop table room_log;
drop table messages;
drop table room_heads;
drop table rooms;
