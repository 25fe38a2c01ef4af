//! The table of files in chats. Private to them.

diesel::table! {
    chat_files (id) {
        id -> Uuid,
        owner_id -> Uuid,
        upload_id -> Uuid,
        room_id -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
        name -> Text,
        size -> Int8,
        content_type -> Text,
        kind -> Text,
        width -> Nullable<Int4>,
        height -> Nullable<Int4>,
        object_key -> Text,
        thumb_key -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}
