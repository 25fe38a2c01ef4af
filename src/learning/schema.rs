//! The tables of the learning context. Private to it.

diesel::table! {
    enrollments (id) {
        id -> Uuid,
        user_id -> Uuid,
        course_id -> Uuid,
        state -> Text,
        lessons_done -> Int4,
        lessons_total -> Int4,
        units_done -> Int4,
        units_total -> Int4,
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

diesel::table! {
    attempts (id) {
        id -> Uuid,
        user_id -> Uuid,
        task_id -> Uuid,
        course_id -> Uuid,
        version -> Int4,
        no -> Int4,
        client_key -> Uuid,
        answer -> Jsonb,
        normal -> Text,
        verdict -> Text,
        score_num -> Int4,
        score_den -> Int4,
        parts -> Nullable<Jsonb>,
        feedback -> Nullable<Text>,
        opened_chat -> Bool,
        files -> Nullable<Jsonb>,
        spent_ms -> Int4,
        comment -> Nullable<Text>,
        graded_by -> Nullable<Uuid>,
        graded_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    task_states (user_id, task_id) {
        user_id -> Uuid,
        task_id -> Uuid,
        course_id -> Uuid,
        tries -> Int4,
        wrong -> Int4,
        first_right_at -> Nullable<Timestamptz>,
        best_num -> Int4,
        best_den -> Int4,
        last_attempt_id -> Nullable<Uuid>,
        last_verdict -> Nullable<Text>,
        chat_open_at -> Nullable<Timestamptz>,
        solution_seen_at -> Nullable<Timestamptz>,
        almost_at -> Nullable<Timestamptz>,
        almost_key -> Nullable<Uuid>,
        shown_version -> Nullable<Int4>,
        shown_at -> Nullable<Timestamptz>,
        draft -> Nullable<Jsonb>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    regrades (id) {
        id -> Uuid,
        attempt_id -> Uuid,
        version -> Int4,
        old_verdict -> Text,
        old_num -> Int4,
        old_den -> Int4,
        new_verdict -> Text,
        new_num -> Int4,
        new_den -> Int4,
        regraded_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    enrollments,
    lesson_notes,
    lesson_progress,
    attempts,
    task_states,
);
