//! The tables of moderation. Private to it.

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
