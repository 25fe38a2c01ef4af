//! The tables of the messaging context. Private to it.

diesel::table! {
    rooms (id) {
        id -> Uuid,
        kind -> Text,
        lesson_id -> Nullable<Uuid>,
        course_id -> Nullable<Uuid>,
        task_id -> Nullable<Uuid>,
        owner_id -> Nullable<Uuid>,
        title -> Nullable<Text>,
        locked -> Bool,
        accepted_id -> Nullable<Uuid>,
        slow_s -> Int4,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    room_heads (room_id) {
        room_id -> Uuid,
        head -> Int8,
        epoch -> Text,
        active_at -> Timestamptz,
    }
}

diesel::table! {
    messages (id) {
        id -> Uuid,
        room_id -> Uuid,
        seq -> Int8,
        author_id -> Uuid,
        author_role -> Text,
        client_id -> Text,
        body -> Text,
        reply_to -> Nullable<Uuid>,
        at_lesson -> Nullable<Uuid>,
        at_second -> Nullable<Int4>,
        version -> Int4,
        created_at -> Timestamptz,
        state -> Text,
        edited_at -> Nullable<Timestamptz>,
        mentions -> Array<Uuid>,
        files -> Array<Uuid>,
    }
}

diesel::table! {
    message_versions (message_id, version) {
        message_id -> Uuid,
        version -> Int4,
        body -> Text,
        replaced_by -> Uuid,
        replaced_at -> Timestamptz,
    }
}

diesel::table! {
    message_reactions (message_id, user_id, emoji) {
        message_id -> Uuid,
        user_id -> Uuid,
        emoji -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    room_pins (room_id, message_id) {
        room_id -> Uuid,
        message_id -> Uuid,
        pinned_by -> Uuid,
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
    room_log (room_id, seq) {
        room_id -> Uuid,
        seq -> Int8,
        kind -> Int2,
        msg_id -> Nullable<Uuid>,
        actor_id -> Nullable<Uuid>,
        payload -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    room_members (room_id, user_id) {
        room_id -> Uuid,
        user_id -> Uuid,
        read_seq -> Int8,
        delivered_seq -> Int8,
        muted_until -> Nullable<Timestamptz>,
        muted_reason -> Nullable<Text>,
        banned_at -> Nullable<Timestamptz>,
        ban_reason -> Nullable<Text>,
        notify -> Text,
        pinned_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    desk_questions (room_id) {
        room_id -> Uuid,
        course_id -> Nullable<Uuid>,
        student_id -> Uuid,
        waiting_since -> Nullable<Timestamptz>,
        claimed_by -> Nullable<Uuid>,
        claimed_at -> Nullable<Timestamptz>,
        claimed_until -> Nullable<Timestamptz>,
        resolved_at -> Nullable<Timestamptz>,
        resolved_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    desk_answers (id) {
        id -> Uuid,
        room_id -> Uuid,
        course_id -> Nullable<Uuid>,
        kind -> Text,
        asked_at -> Timestamptz,
        answered_at -> Timestamptz,
        answered_by -> Uuid,
    }
}

diesel::table! {
    desk_templates (id) {
        id -> Uuid,
        owner_id -> Nullable<Uuid>,
        course_id -> Nullable<Uuid>,
        title -> Text,
        body -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    desk_notes (id) {
        id -> Uuid,
        course_id -> Nullable<Uuid>,
        student_id -> Uuid,
        text -> Text,
        updated_by -> Uuid,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    faq_entries (id) {
        id -> Uuid,
        position -> Int4,
        topic -> Text,
        question -> Jsonb,
        answer -> Jsonb,
        published -> Bool,
        helpful -> Int4,
        unhelpful -> Int4,
        version -> Int4,
        updated_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    faq_votes (id) {
        id -> Uuid,
        entry_id -> Uuid,
        user_id -> Nullable<Uuid>,
        visitor -> Nullable<Bytea>,
        helpful -> Bool,
        voted_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    rooms,
    room_heads,
    messages,
    message_versions,
    message_reactions,
    room_pins,
    chat_blocks,
    room_log,
    room_members,
    desk_questions,
    desk_answers,
);
