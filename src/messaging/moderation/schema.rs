//! The tables of moderation. Private to it.

diesel::table! {
    chat_mutes (id) {
        id -> Uuid,
        user_id -> Uuid,
        course_id -> Nullable<Uuid>,
        until -> Timestamptz,
        reason -> Text,
        muted_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    chat_blocks (user_id, blocked_id) {
        user_id -> Uuid,
        blocked_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    report_cases (id) {
        id -> Uuid,
        kind -> Text,
        room_id -> Uuid,
        message_id -> Uuid,
        snapshot -> Text,
        opened_at -> Timestamptz,
        resolved_at -> Nullable<Timestamptz>,
        resolved_by -> Nullable<Uuid>,
        resolution -> Nullable<Text>,
    }
}

diesel::table! {
    reports (case_id, reporter_id) {
        case_id -> Uuid,
        reporter_id -> Uuid,
        kind -> Text,
        text -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    chat_words (id) {
        id -> Uuid,
        language -> Text,
        word -> Text,
        skeleton -> Text,
        verdict -> Text,
        added_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}
