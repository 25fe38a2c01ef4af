//! What every part of the socket says in the same words: error codes with their texts in the
//! reader's language, and close codes. The class of a close code tells the client what to do.

use bytestring::ByteString;
use kernel::Timestamp;
use serde::Serialize;

/// A language in which the socket speaks to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// Uzbek.
    Uz,
    /// Russian.
    Ru,
    /// English.
    #[default]
    En,
    /// Hebrew.
    He,
}

impl Locale {
    /// The locale of a tag such as `he` or `ru-RU`; English for any other.
    pub fn of(tag: &str) -> Self {
        match tag.split(['-', '_']).next().unwrap_or_default() {
            "uz" => Self::Uz,
            "ru" => Self::Ru,
            "he" | "iw" => Self::He,
            _ => Self::En,
        }
    }
}

/// The code of an `err` answer. Clients rely on these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrCode {
    /// The shape of the request is wrong.
    BadRequest,
    /// The server does not know this `t`.
    UnknownType,
    /// A size limit was passed.
    TooLarge,
    /// Before hello, or the token has ended.
    Unauthenticated,
    /// No such room or message, or not yours: the same answer for both.
    NotFound,
    /// May read, may not write.
    ReadOnly,
    /// Too often; repeat after `retry_ms`.
    RateLimited,
    /// The room's pause between two messages of one person is not over.
    SlowMode,
    /// The text is against the rules; `rule` tells which.
    Rejected,
    /// The same `client_id` with other content.
    ClientIdReused,
    /// The outcome is unknown: repeat with the same `client_id`.
    Unavailable,
    /// The message was changed since the version that the request names.
    Conflict,
    /// The time in which one may change or delete an own message is over.
    TooLate,
    /// Muted: `until` and `reason` say how long and why.
    Muted,
    /// Kept out of this room: `reason` says why.
    Banned,
    /// Only moderators may do this.
    Forbidden,
}

impl ErrCode {
    /// Every code, for the tables in the documentation and in tests.
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::UnknownType,
        Self::TooLarge,
        Self::Unauthenticated,
        Self::NotFound,
        Self::ReadOnly,
        Self::RateLimited,
        Self::SlowMode,
        Self::Rejected,
        Self::ClientIdReused,
        Self::Unavailable,
        Self::Conflict,
        Self::TooLate,
        Self::Muted,
        Self::Banned,
        Self::Forbidden,
    ];

    /// The name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::UnknownType => "unknown_type",
            Self::TooLarge => "too_large",
            Self::Unauthenticated => "unauthenticated",
            Self::NotFound => "not_found",
            Self::ReadOnly => "read_only",
            Self::RateLimited => "rate_limited",
            Self::SlowMode => "slow_mode",
            Self::Rejected => "rejected",
            Self::ClientIdReused => "client_id_reused",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::TooLate => "too_late",
            Self::Muted => "muted",
            Self::Banned => "banned",
            Self::Forbidden => "forbidden",
        }
    }

    /// A sentence for people.
    pub const fn text(self, locale: Locale) -> &'static str {
        use Locale::{En, He, Ru, Uz};
        match (self, locale) {
            (Self::BadRequest, Uz) => "Soʻrov notoʻgʻri tuzilgan.",
            (Self::BadRequest, Ru) => "Запрос составлен неверно.",
            (Self::BadRequest, En) => "The request is not well formed.",
            (Self::BadRequest, He) => "הבקשה אינה תקינה.",
            (Self::UnknownType, Uz) => "Bu turdagi soʻrov nomaʼlum.",
            (Self::UnknownType, Ru) => "Запрос неизвестного вида.",
            (Self::UnknownType, En) => "This kind of request is unknown.",
            (Self::UnknownType, He) => "סוג הבקשה אינו מוכר.",
            (Self::TooLarge, Uz) => "Xabar juda uzun.",
            (Self::TooLarge, Ru) => "Слишком длинное сообщение.",
            (Self::TooLarge, En) => "The message is too long.",
            (Self::TooLarge, He) => "ההודעה ארוכה מדי.",
            (Self::Unauthenticated, Uz) => "Avval tizimga kiring.",
            (Self::Unauthenticated, Ru) => "Сначала войдите.",
            (Self::Unauthenticated, En) => "Sign in first.",
            (Self::Unauthenticated, He) => "יש להתחבר תחילה.",
            (Self::NotFound, Uz) => "Bunday suhbat topilmadi.",
            (Self::NotFound, Ru) => "Такого чата нет.",
            (Self::NotFound, En) => "There is no such chat.",
            (Self::NotFound, He) => "אין צ׳אט כזה.",
            (Self::ReadOnly, Uz) => "Bu suhbatda faqat oʻqish mumkin.",
            (Self::ReadOnly, Ru) => "В этом чате можно только читать.",
            (Self::ReadOnly, En) => "This chat is read-only for you.",
            (Self::ReadOnly, He) => "הצ׳אט הזה לקריאה בלבד.",
            (Self::RateLimited, Uz) => "Juda tez. Biroz kuting.",
            (Self::RateLimited, Ru) => "Слишком часто. Подождите немного.",
            (Self::RateLimited, En) => "Too fast. Wait a moment.",
            (Self::RateLimited, He) => "מהר מדי. המתינו רגע.",
            (Self::SlowMode, Uz) => "Sekin rejim: keyingi xabargacha kuting.",
            (Self::SlowMode, Ru) => "Медленный режим: подождите до следующего сообщения.",
            (Self::SlowMode, En) => "Slow mode: wait before the next message.",
            (Self::SlowMode, He) => "מצב איטי: המתינו לפני ההודעה הבאה.",
            (Self::Rejected, Uz) => "Xabar matni qoidalarga mos emas.",
            (Self::Rejected, Ru) => "Текст сообщения не отвечает правилам.",
            (Self::Rejected, En) => "The text of the message is against the rules.",
            (Self::Rejected, He) => "תוכן ההודעה אינו עומד בכללים.",
            (Self::ClientIdReused, Uz) => "Bu client_id boshqa xabar bilan ishlatilgan.",
            (Self::ClientIdReused, Ru) => "Этот client_id уже занят другим сообщением.",
            (Self::ClientIdReused, En) => "This client_id already belongs to another message.",
            (Self::ClientIdReused, He) => "ה-client_id הזה שייך כבר להודעה אחרת.",
            (Self::Unavailable, Uz) => "Hozir yuborib boʻlmadi, qayta urinamiz.",
            (Self::Unavailable, Ru) => "Сейчас не получилось, повторите.",
            (Self::Unavailable, En) => "That did not work just now; try again.",
            (Self::Unavailable, He) => "זה לא הצליח כרגע; נסו שוב.",
            (Self::Conflict, Uz) => "Xabar bu orada oʻzgartirilgan.",
            (Self::Conflict, Ru) => "Сообщение тем временем изменили.",
            (Self::Conflict, En) => "The message was changed in the meantime.",
            (Self::Conflict, He) => "ההודעה שונתה בינתיים.",
            (Self::TooLate, Uz) => "Xabarni oʻzgartirish vaqti oʻtgan.",
            (Self::TooLate, Ru) => "Время, когда сообщение можно изменить, прошло.",
            (Self::TooLate, En) => "It is too late to change this message.",
            (Self::TooLate, He) => "מאוחר מדי לשנות את ההודעה הזאת.",
            (Self::Muted, Uz) => "Sizga hozircha yozish taqiqlangan.",
            (Self::Muted, Ru) => "Вам пока запрещено писать.",
            (Self::Muted, En) => "You may not write for now.",
            (Self::Muted, He) => "אינכם רשאים לכתוב לעת עתה.",
            (Self::Banned, Uz) => "Siz bu suhbatdan chetlatilgansiz.",
            (Self::Banned, Ru) => "Вас удалили из этого чата.",
            (Self::Banned, En) => "You were removed from this chat.",
            (Self::Banned, He) => "הוצאתם מהצ׳אט הזה.",
            (Self::Forbidden, Uz) => "Buni faqat moderatorlar qila oladi.",
            (Self::Forbidden, Ru) => "Это могут только модераторы.",
            (Self::Forbidden, En) => "Only moderators may do this.",
            (Self::Forbidden, He) => "רק מנחים רשאים לעשות זאת.",
        }
    }
}

/// Why a request was refused: everything that an `err` answer carries but its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: ErrCode,
    /// The field at fault.
    pub field: Option<&'static str>,
    /// Present when temporary: milliseconds after which the same request may be repeated.
    pub retry_ms: Option<u64>,
    /// For `rejected`: the rule that the text broke.
    pub rule: Option<&'static str>,
    /// What few refusals have to say beside that.
    pub more: Option<Box<More>>,
}

/// What a refusal by a person, or under a task, says beside its code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct More {
    /// For `muted`: until when; absent = until it is lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// For `muted` and `banned`: why, as the moderator wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For `read_only` under a task: wrong answers that are missing until the chat opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_wrong: Option<u32>,
}

impl Problem {
    /// A refusal with nothing but its code.
    pub const fn new(code: ErrCode) -> Self {
        Self { code, field: None, retry_ms: None, rule: None, more: None }
    }

    /// The outcome is unknown or the way is blocked: repeat the same after `retry_ms`.
    pub const fn unavailable(retry_ms: u64) -> Self {
        let (code, retry_ms) = (ErrCode::Unavailable, Some(retry_ms));
        Self { code, field: None, retry_ms, rule: None, more: None }
    }

    /// The request's `field` is wrong.
    pub const fn field(code: ErrCode, field: &'static str) -> Self {
        Self { code, field: Some(field), retry_ms: None, rule: None, more: None }
    }

    /// The text breaks `rule`.
    pub const fn rejected(rule: &'static str) -> Self {
        let (code, field) = (ErrCode::Rejected, Some("body"));
        Self { code, field, retry_ms: None, rule: Some(rule), more: None }
    }

    /// The same, with more to say.
    #[must_use]
    pub fn with(self, more: More) -> Self {
        Self { more: Some(Box::new(more)), ..self }
    }

    /// The `err` frame that answers request `re` (`None` when the request bore no usable id).
    pub fn frame(&self, re: Option<u64>, locale: Locale) -> ByteString {
        #[derive(Serialize)]
        struct Err<'a> {
            t: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            re: Option<u64>,
            code: &'a str,
            msg: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_ms: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            rule: Option<&'a str>,
            #[serde(flatten)]
            more: Option<&'a More>,
        }
        encode(&Err {
            t: "err",
            re,
            code: self.code.code(),
            msg: self.code.text(locale),
            retry_ms: self.retry_ms,
            field: self.field,
            rule: self.rule,
            more: self.more.as_deref(),
        })
    }
}

/// A WebSocket close code. The class says what the client does: 40xx stays away, 41xx comes back
/// late, 42xx comes back at once and resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Wrong protocol or version.
    pub const PROTOCOL: Self = Self(4000);
    /// The token expired or is bad: renew it, then connect.
    pub const TOKEN: Self = Self(4001);
    /// Signed out.
    pub const SIGNED_OUT: Self = Self(4002);
    /// The account is suspended or banned.
    pub const ACCOUNT: Self = Self(4003);
    /// A newer connection took this one's place.
    pub const REPLACED: Self = Self(4006);
    /// No hello in time.
    pub const NO_HELLO: Self = Self(4007);
    /// Frames against the rules.
    pub const ABUSE: Self = Self(4008);
    /// Overloaded: come back later.
    pub const OVERLOADED: Self = Self(4100);
    /// A rate limit was passed again and again.
    pub const RATE: Self = Self(4101);
    /// The server restarts.
    pub const RESTART: Self = Self(4200);
    /// A slow reader was cut.
    pub const SLOW: Self = Self(4201);
    /// The state is uncertain: connect and resume.
    pub const UNCERTAIN: Self = Self(4202);
    /// No sign of life.
    pub const DEAD: Self = Self(4203);
    /// A frame was too large; it must not be repeated.
    pub const TOO_LARGE: Self = Self(1009);
}

/// JSON text of a value that cannot fail to serialize (our own frames: maps with string keys).
pub fn encode<T: Serialize>(frame: &T) -> ByteString {
    serde_json::to_string(frame).map(ByteString::from).unwrap_or_else(|error| {
        // Not reachable with the types of this crate; an empty object is ignored by every client.
        tracing::error!(%error, "frame did not serialize");
        ByteString::from_static("{}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_err_frame_names_code_text_and_only_what_applies() {
        let problem = Problem { retry_ms: Some(1800), ..Problem::new(ErrCode::RateLimited) };
        let frame: serde_json::Value =
            serde_json::from_str(&problem.frame(Some(12), Locale::of("ru-RU"))).unwrap();
        let expected = serde_json::json!({"t": "err", "re": 12, "code": "rate_limited",
            "msg": "Слишком часто. Подождите немного.", "retry_ms": 1800});
        assert_eq!(frame, expected);
    }

    #[test]
    fn every_code_has_a_name_and_a_text_of_its_own() {
        for locale in [Locale::Uz, Locale::Ru, Locale::En, Locale::He] {
            let texts: std::collections::HashSet<_> =
                ErrCode::ALL.iter().map(|code| (code.code(), code.text(locale))).collect();
            assert_eq!(texts.len(), ErrCode::ALL.len());
        }
    }
}
