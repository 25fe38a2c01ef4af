drop table auth_failures;
drop table password_resets;
drop table otp_challenges;
drop table sessions;
drop table role_grants;
drop table users;
drop extension if exists pg_trgm;
