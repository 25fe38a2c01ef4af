//! The one table of public error codes: stable name, HTTP status, English sentence. The web app
//! translates by the name; the sentence is for people who read the API.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $status:literal, $title:literal;)*) => {
        /// A public error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* #[doc = $title] $variant,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name, as clients see it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The sentence that explains it.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// The HTTP status that it travels with.
            pub fn status(self) -> StatusCode {
                let status = match self { $(Self::$variant => $status,)* };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

codes! {
    // Input
    BadRequest, "bad_request", 400, "The request cannot be understood.";
    Invalid, "invalid", 422, "Some of the fields need another look.";
    Required, "required", 422, "This field is needed.";
    TooLong, "too_long", 422, "This is too long.";
    TooShort, "too_short", 422, "This is too short.";
    UnknownField, "unknown_field", 400, "There is no such field.";
    UnsupportedMediaType, "unsupported_media_type", 415, "This kind of content is not accepted here.";
    TooLarge, "too_large", 413, "This is too large.";
    BodyTimeout, "body_timeout", 408, "The request arrived too slowly.";
    MethodNotAllowed, "method_not_allowed", 405, "This address does not take that method.";
    Misdirected, "misdirected", 421, "This server does not answer for that address.";
    NotFound, "not_found", 404, "There is nothing here, or it is not yours.";
    Conflict, "conflict", 409, "This was changed in the meantime.";
    PreconditionRequired, "precondition_required", 428, "Say which version you are changing (If-Match).";
    PreconditionFailed, "precondition_failed", 412, "This was changed in the meantime. Load it again.";
    IdempotencyKeyReused, "idempotency_key_reused", 422, "This Idempotency-Key was used for another request.";
    IdempotencyInProgress, "idempotency_in_progress", 409, "The first request with this Idempotency-Key is still running.";
    RateLimited, "rate_limited", 429, "Too many requests. Wait a little.";
    // Server
    Internal, "internal", 500, "Something went wrong on our side. Nothing was changed.";
    Unavailable, "unavailable", 503, "A part of the service is away for a moment. Try again.";
    Deadline, "deadline", 503, "This took too long and was given up. Try again.";
    // Identity
    Unauthenticated, "unauthenticated", 401, "Sign in first.";
    TokenExpired, "token_expired", 401, "The access token has expired.";
    SessionEnded, "session_ended", 401, "This session has ended. Sign in again.";
    CredentialsInvalid, "credentials_invalid", 401, "The email or the password is not right.";
    OtpInvalid, "otp_invalid", 401, "The code is not right, or it has expired.";
    ResetTokenInvalid, "reset_token_invalid", 401, "The link is used up or too old. Ask for a new one.";
    AccountSuspended, "account_suspended", 403, "This account is suspended.";
    AccountBanned, "account_banned", 403, "This account is banned.";
    Forbidden, "forbidden", 403, "You may not do this.";
    CrossSite, "cross_site", 403, "This request did not come from the site itself.";
    StepUpRequired, "step_up_required", 401, "Confirm that it is you.";
    PasswordWeak, "password_weak", 422, "This password is too easy to guess.";
    SignInMethodOff, "sign_in_method_off", 403, "This way of signing in is switched off here.";
    EmailInvalid, "email_invalid", 422, "This is not an email address.";
    RoleDisabled, "role_disabled", 409, "This school does not use that role.";
    RankTooLow, "rank_too_low", 403, "This person's rank is not below yours.";
    // Courses
    CourseIncomplete, "course_incomplete", 409, "Some parts are missing before it can be published.";
    CourseState, "course_state", 409, "The course is not in a state that allows this.";
    CourseHasStudents, "course_has_students", 409, "People are enrolled: archive the course instead.";
    OrderStale, "order_stale", 409, "The programme was changed in the meantime. Load it again.";
    DocumentInvalid, "document_invalid", 422, "The text holds something that is not allowed.";
    ImageInvalid, "image_invalid", 422, "This is not an image that can be used.";
    ImageTooLarge, "image_too_large", 422, "The image is too large.";
    LessonState, "lesson_state", 409, "The lesson is not in a state that allows this.";
    // Video and files
    UploadOffset, "upload_offset", 409, "The offset does not match what has arrived.";
    UploadChecksum, "upload_checksum", 460, "The checksum does not match what has arrived.";
    UploadLocked, "upload_locked", 423, "This upload is being written by another connection.";
    UploadGone, "upload_gone", 410, "This upload has expired.";
    UploadIncomplete, "upload_incomplete", 409, "This upload is not complete yet.";
    UploadLimit, "upload_limit", 429, "Too many unfinished uploads.";
    QuotaExceeded, "quota_exceeded", 413, "There is no room left for this file.";
    TusVersion, "tus_version", 412, "Only tus 1.0.0 is spoken here.";
    FileType, "file_type", 415, "Files of this kind are not accepted.";
    NotMedia, "not_media", 422, "This file is not a video.";
    MediaEmpty, "media_empty", 422, "This file is empty.";
    MediaTruncated, "media_truncated", 422, "The file breaks off before its end.";
    MediaTooLarge, "media_too_large", 422, "The picture is larger than can be handled.";
    MediaTooLong, "media_too_long", 422, "The video is too long.";
    MediaPlaylist, "media_playlist", 422, "A playlist is not a video: upload the video itself.";
    MediaNoStreams, "media_no_streams", 422, "There is neither picture nor sound in this file.";
    CaptionsInvalid, "captions_invalid", 422, "These captions cannot be read.";
    VideoState, "video_state", 409, "The video is not in a state that allows this.";
    VideoNotReady, "video_not_ready", 409, "The video is still being prepared.";
    PlaybackToken, "playback_token", 401, "The playback token is wrong or has expired.";
    PlaybackEnded, "playback_ended", 410, "This playback has ended.";
    PlaybackReplaced, "playback_replaced", 410, "Playback went on on another device.";
    LinkExpired, "link_expired", 410, "This link has expired. Ask for a new one.";
    RangeNotSatisfiable, "range_not_satisfiable", 416, "There are no such bytes in this file.";
    // Learning
    PaymentRequired, "payment_required", 402, "This course is paid.";
    NotEnrolled, "not_enrolled", 403, "This lesson opens after enrollment.";
    NotesLimit, "notes_limit", 409, "There are too many notes here. Delete some first.";
    TopicClosed, "topic_closed", 403, "This topic has not opened yet.";
    TaskChanged, "task_changed", 409, "The task was changed in the meantime. Look at it again.";
    KeyReused, "key_reused", 409, "This client_key was used for another answer.";
    AnswerInvalid, "answer_invalid", 422, "This cannot be read as an answer. It does not count as a try.";
    AnswersWaiting, "answers_waiting", 409, "Three of your answers wait to be read. Send the next one after that.";
    SolutionClosed, "solution_closed", 403, "The worked solution is not open to you yet.";
    NotOnSale, "not_on_sale", 409, "This course cannot be joined now.";
    // Messaging
    ReadOnly, "read_only", 403, "You may read here, not write.";
    MessageRejected, "message_rejected", 422, "The message cannot be sent like this.";
    TooLate, "too_late", 409, "It is too late to change this message.";
    Muted, "muted", 403, "You may not write here for now.";
    ChatBanned, "chat_banned", 403, "You were removed from this chat.";
    Claimed, "claimed", 409, "Somebody else has this in hand.";
    TemplatesLimit, "templates_limit", 409, "There are too many templates. Delete some first.";
    ClientIdReused, "client_id_reused", 409, "This client_id was used for another message.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_statuses_are_errors() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.name()), "{} twice", code.name());
            assert!(code.status().as_u16() >= 400, "{}", code.name());
            assert!(code.title().ends_with('.'), "{}", code.name());
        }
    }
}
