drop index room_log_approvals;
drop index room_members_banned;
