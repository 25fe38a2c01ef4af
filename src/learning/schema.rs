//! The tables of the learning context. Private to it.

diesel::table! {
    enrollments (id) {
        id -> Uuid,
        user_id -> Uuid,
        course_id -> Uuid,
        state -> Text,
        lessons_done -> Int4,
        lessons_total -> Int4,
        last_lesson_id -> Nullable<Uuid>,
        active_ms -> Int8,
        last_active_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    lesson_notes (id) {
        id -> Uuid,
        user_id -> Uuid,
        lesson_id -> Uuid,
        course_id -> Uuid,
        at_ms -> Nullable<Int4>,
        text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    lesson_progress (user_id, lesson_id) {
        user_id -> Uuid,
        lesson_id -> Uuid,
        course_id -> Uuid,
        watched -> Array<Int4>,
        position_ms -> Int4,
        active_ms -> Int8,
        opened_at -> Timestamptz,
        reported_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(enrollments, lesson_notes, lesson_progress);
