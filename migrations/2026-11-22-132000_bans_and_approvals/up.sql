-- Who is banned is listed by person and room; few of the members are.
create index room_members_banned on room_members (user_id, room_id) where banned_at is not null;
-- What waited for a moderator is unread by the number of the entry that showed it (kind 10: approve), not by its own.
create index room_log_approvals on room_log (room_id, seq) where kind = 10;
