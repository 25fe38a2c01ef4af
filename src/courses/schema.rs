//! The tables of the courses context. Private to it.

diesel::table! {
    categories (id) {
        id -> Uuid,
        parent_id -> Nullable<Uuid>,
        slug -> Text,
        name -> Jsonb,
        position -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    skills (id) {
        id -> Uuid,
        parent_id -> Nullable<Uuid>,
        slug -> Text,
        name -> Jsonb,
        position -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    courses (id) {
        id -> Uuid,
        author_id -> Uuid,
        state -> Text,
        title -> Text,
        subtitle -> Text,
        description -> Nullable<Jsonb>,
        category_id -> Nullable<Uuid>,
        level -> Nullable<Text>,
        language -> Text,
        learn -> Array<Text>,
        requirements -> Array<Text>,
        price_amount -> Nullable<Int8>,
        price_currency -> Nullable<Text>,
        old_price_amount -> Nullable<Int8>,
        certificate -> Bool,
        access_days -> Nullable<Int4>,
        track -> Nullable<Int2>,
        chat_after -> Nullable<Int2>,
        cover -> Nullable<Jsonb>,
        trailer_video_id -> Nullable<Uuid>,
        trailer_duration_ms -> Nullable<Int8>,
        duration_ms -> Int8,
        modules_count -> Int4,
        lessons_count -> Int4,
        files_count -> Int4,
        students_count -> Int4,
        rating -> Nullable<Float4>,
        rating_count -> Int4,
        version -> Int4,
        published_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    course_skills (course_id, skill_id) {
        course_id -> Uuid,
        skill_id -> Uuid,
        position -> Int4,
    }
}

diesel::table! {
    modules (id) {
        id -> Uuid,
        course_id -> Uuid,
        position -> Int4,
        title -> Text,
        homework -> Nullable<Text>,
        opens_at -> Nullable<Timestamptz>,
        duration_ms -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    lessons (id) {
        id -> Uuid,
        course_id -> Uuid,
        module_id -> Uuid,
        position -> Int4,
        title -> Text,
        kind -> Text,
        state -> Text,
        body -> Nullable<Jsonb>,
        homework -> Nullable<Text>,
        free_preview -> Bool,
        video_id -> Nullable<Uuid>,
        duration_ms -> Int8,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    lesson_files (id) {
        id -> Uuid,
        lesson_id -> Uuid,
        file_id -> Uuid,
        name -> Text,
        size -> Int8,
        content_type -> Text,
        active_content -> Bool,
        created_at -> Timestamptz,
        downloadable -> Bool,
    }
}

diesel::table! {
    module_changes (id) {
        id -> Uuid,
        module_id -> Uuid,
        title -> Text,
        opens_at -> Nullable<Timestamptz>,
        changed_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    tasks (id) {
        id -> Uuid,
        course_id -> Uuid,
        module_id -> Uuid,
        lesson_id -> Nullable<Uuid>,
        position -> Int4,
        kind -> Text,
        required -> Bool,
        chat_after -> Nullable<Int2>,
        version -> Int4,
        removed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        drafted -> Bool,
    }
}

diesel::table! {
    task_versions (task_id, version) {
        task_id -> Uuid,
        version -> Int4,
        title -> Text,
        points -> Int2,
        statement -> Jsonb,
        body -> Jsonb,
        key -> Jsonb,
        solution -> Nullable<Jsonb>,
        solution_rule -> Jsonb,
        edited_by -> Uuid,
        note -> Nullable<Text>,
        created_at -> Timestamptz,
        required -> Bool,
        chat_after -> Nullable<Int2>,
    }
}

diesel::table! {
    task_images (id) {
        id -> Uuid,
        name -> Text,
        added_by -> Uuid,
        width -> Int4,
        height -> Int4,
        created_at -> Timestamptz,
        size -> Int8,
        named_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(course_skills -> courses (course_id));
diesel::joinable!(course_skills -> skills (skill_id));
diesel::joinable!(modules -> courses (course_id));
diesel::joinable!(lessons -> courses (course_id));
diesel::joinable!(lessons -> modules (module_id));
diesel::joinable!(lesson_files -> lessons (lesson_id));
diesel::joinable!(tasks -> modules (module_id));
diesel::joinable!(tasks -> courses (course_id));
diesel::joinable!(task_versions -> tasks (task_id));
diesel::allow_tables_to_appear_in_same_query!(
    categories,
    skills,
    courses,
    course_skills,
    modules,
    lessons,
    lesson_files,
    module_changes,
    tasks,
    task_versions,
    task_images,
);
