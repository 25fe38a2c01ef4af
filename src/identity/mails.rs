//! Every mail that identity sends, in the four languages. Our own sentence always comes first, and
//! nothing that people typed about themselves stands in any of them.

use std::fmt::Write as _;

/// A mail before it is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// The subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// What a mail is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About<'a> {
    /// A one-time code.
    Code(&'a str),
    /// Somebody registered with an address that has an account.
    AccountExists {
        /// Where to sign in.
        sign_in: &'a str,
        /// Where to ask for a new password.
        forgot: &'a str,
    },
    /// A link for a new password.
    Reset(&'a str),
    /// A used refresh token came back, so the session was ended.
    SessionReused {
        /// "Firefox, Windows".
        device: &'a str,
        /// Where sessions are listed.
        sessions: &'a str,
    },
    /// A sign-in from a browser that was not seen before.
    NewDevice {
        /// "Firefox, Windows".
        device: &'a str,
        /// "203.0.113.0/24".
        network: &'a str,
        /// When, in UTC.
        at: &'a str,
        /// Where sessions are listed.
        sessions: &'a str,
        /// Where to ask for a new password.
        forgot: &'a str,
    },
    /// The password was changed.
    PasswordChanged(&'a str),
}

enum Part<'a> {
    /// A paragraph.
    P(String),
    /// The code, alone on its line.
    Code(&'a str),
    /// A link, alone on its line.
    Link(&'a str),
}

/// Writes the mail in `locale`; an unknown one is English.
pub(super) fn write(about: About<'_>, locale: &str) -> Text {
    let (subject, parts) = match locale {
        "uz" => uz(about),
        "ru" => ru(about),
        "he" => he(about),
        _ => en(about),
    };
    let direction = if locale == "he" { "rtl" } else { "ltr" };
    Text { text: plain(&parts), html: html(&parts, direction, locale), subject }
}

fn plain(parts: &[Part<'_>]) -> String {
    let lines: Vec<&str> = parts
        .iter()
        .map(|part| match part {
            Part::P(text) => text.as_str(),
            Part::Code(code) => code,
            Part::Link(link) => link,
        })
        .collect();
    format!("{}\n\nIlmSpace\n", lines.join("\n\n"))
}

fn html(parts: &[Part<'_>], direction: &str, locale: &str) -> String {
    let mut body = String::new();
    for part in parts {
        let _ = match part {
            Part::P(text) => write!(body, "<p>{}</p>", escape(text)),
            Part::Code(code) => write!(
                body,
                "<p dir=\"ltr\" style=\"font-size:28px;letter-spacing:6px;font-weight:bold\">{}</p>",
                escape(code)
            ),
            Part::Link(link) => {
                let link = escape(link);
                write!(body, "<p dir=\"ltr\"><a href=\"{link}\">{link}</a></p>")
            }
        };
    }
    format!(
        "<!doctype html><html lang=\"{locale}\" dir=\"{direction}\"><meta charset=\"utf-8\">\
         <body style=\"font-family:sans-serif;font-size:16px;line-height:1.5;color:#1d2433\">\
         {body}<p>IlmSpace</p></body></html>"
    )
}

/// Text that is safe between tags and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn p<'a>(text: impl Into<String>) -> Part<'a> {
    Part::P(text.into())
}

fn en(about: About<'_>) -> (String, Vec<Part<'_>>) {
    match about {
        About::Code(code) => (
            format!("{code} is your IlmSpace code"),
            vec![
                p("This is your code to sign in to IlmSpace:"),
                Part::Code(code),
                p(
                    "It works for 10 minutes, in the browser in which you asked for it. We never ask for it by phone or in a chat: give it to nobody.",
                ),
                p("If you did not ask for it, do nothing."),
            ],
        ),
        About::AccountExists { sign_in, forgot } => (
            "You already have an IlmSpace account".to_owned(),
            vec![
                p(
                    "Somebody, probably you, tried to register at IlmSpace with this address. It already has an account, so nothing was changed. Sign in here:",
                ),
                Part::Link(sign_in),
                p("If you have forgotten the password, set a new one:"),
                Part::Link(forgot),
                p("If it was not you, do nothing."),
            ],
        ),
        About::Reset(link) => (
            "A new password for IlmSpace".to_owned(),
            vec![
                p("With this link you set a new password. It works once, for 30 minutes:"),
                Part::Link(link),
                p("If you did not ask for it, do nothing: your password stays as it is."),
            ],
        ),
        About::SessionReused { device, sessions } => (
            "We have ended a sign-in of yours".to_owned(),
            vec![
                p(format!(
                    "A used sign-in key of yours at IlmSpace ({device}) was presented a second time. That can mean that somebody copied it, so we have ended that sign-in. Sign in again to go on."
                )),
                p("Look at your sign-ins and end those that you do not know:"),
                Part::Link(sessions),
            ],
        ),
        About::NewDevice { device, network, at, sessions, forgot } => (
            "A new sign-in to your IlmSpace account".to_owned(),
            vec![
                p(format!(
                    "Somebody signed in to your account: {device}, network {network}, {at}."
                )),
                p("If it was you, all is well. If not, end that sign-in here:"),
                Part::Link(sessions),
                p("and set a new password:"),
                Part::Link(forgot),
            ],
        ),
        About::PasswordChanged(forgot) => (
            "Your IlmSpace password was changed".to_owned(),
            vec![
                p("The password of your IlmSpace account has just been changed."),
                p("If it was not you, set a new one at once:"),
                Part::Link(forgot),
            ],
        ),
    }
}

fn ru(about: About<'_>) -> (String, Vec<Part<'_>>) {
    match about {
        About::Code(code) => (
            format!("{code} — ваш код IlmSpace"),
            vec![
                p("Это ваш код для входа в IlmSpace:"),
                Part::Code(code),
                p(
                    "Он действует 10 минут в том браузере, в котором вы его запросили. Мы никогда не спрашиваем его по телефону или в чате: не сообщайте его никому.",
                ),
                p("Если вы его не запрашивали, ничего делать не нужно."),
            ],
        ),
        About::AccountExists { sign_in, forgot } => (
            "У вас уже есть аккаунт IlmSpace".to_owned(),
            vec![
                p(
                    "Кто-то, вероятно вы, пытался зарегистрироваться в IlmSpace с этим адресом. Аккаунт с ним уже есть, поэтому ничего не изменилось. Войдите здесь:",
                ),
                Part::Link(sign_in),
                p("Если вы забыли пароль, задайте новый:"),
                Part::Link(forgot),
                p("Если это были не вы, ничего делать не нужно."),
            ],
        ),
        About::Reset(link) => (
            "Новый пароль для IlmSpace".to_owned(),
            vec![
                p(
                    "По этой ссылке можно задать новый пароль. Она работает один раз, в течение 30 минут:",
                ),
                Part::Link(link),
                p("Если вы её не запрашивали, ничего делать не нужно: пароль останется прежним."),
            ],
        ),
        About::SessionReused { device, sessions } => (
            "Мы завершили один из ваших входов".to_owned(),
            vec![
                p(format!(
                    "Уже использованный ключ вашего входа в IlmSpace ({device}) был предъявлен второй раз. Возможно, его скопировали, поэтому мы завершили этот вход. Чтобы продолжить, войдите снова."
                )),
                p("Посмотрите список своих входов и завершите те, которые вам не знакомы:"),
                Part::Link(sessions),
            ],
        ),
        About::NewDevice { device, network, at, sessions, forgot } => (
            "Новый вход в ваш аккаунт IlmSpace".to_owned(),
            vec![
                p(format!("В ваш аккаунт вошли: {device}, сеть {network}, {at}.")),
                p("Если это были вы, всё в порядке. Если нет, завершите этот вход здесь:"),
                Part::Link(sessions),
                p("и задайте новый пароль:"),
                Part::Link(forgot),
            ],
        ),
        About::PasswordChanged(forgot) => (
            "Пароль IlmSpace изменён".to_owned(),
            vec![
                p("Пароль вашего аккаунта IlmSpace только что изменён."),
                p("Если это были не вы, сразу задайте новый:"),
                Part::Link(forgot),
            ],
        ),
    }
}

fn uz(about: About<'_>) -> (String, Vec<Part<'_>>) {
    match about {
        About::Code(code) => (
            format!("{code} — IlmSpace kodingiz"),
            vec![
                p("Bu IlmSpace saytiga kirish uchun kodingiz:"),
                Part::Code(code),
                p(
                    "U 10 daqiqa davomida, faqat so‘ralgan brauzerda ishlaydi. Biz uni hech qachon telefon yoki chat orqali so‘ramaymiz: hech kimga aytmang.",
                ),
                p("Agar uni so‘ramagan bo‘lsangiz, hech narsa qilish kerak emas."),
            ],
        ),
        About::AccountExists { sign_in, forgot } => (
            "Sizda IlmSpace hisobi allaqachon bor".to_owned(),
            vec![
                p(
                    "Kimdir, ehtimol siz, shu manzil bilan IlmSpace saytida ro‘yxatdan o‘tmoqchi bo‘ldi. Bu manzilda hisob bor, shuning uchun hech narsa o‘zgarmadi. Bu yerda kiring:",
                ),
                Part::Link(sign_in),
                p("Parolni unutgan bo‘lsangiz, yangisini o‘rnating:"),
                Part::Link(forgot),
                p("Agar bu siz bo‘lmasangiz, hech narsa qilish kerak emas."),
            ],
        ),
        About::Reset(link) => (
            "IlmSpace uchun yangi parol".to_owned(),
            vec![
                p(
                    "Bu havola orqali yangi parol o‘rnatasiz. U bir marta, 30 daqiqa davomida ishlaydi:",
                ),
                Part::Link(link),
                p(
                    "Agar uni so‘ramagan bo‘lsangiz, hech narsa qilish kerak emas: parolingiz o‘zgarmaydi.",
                ),
            ],
        ),
        About::SessionReused { device, sessions } => (
            "Kirishlaringizdan birini tugatdik".to_owned(),
            vec![
                p(format!(
                    "IlmSpace saytiga kirishingizning ({device}) ishlatilgan kaliti ikkinchi marta ko‘rsatildi. Uni kimdir nusxalagan bo‘lishi mumkin, shuning uchun o‘sha kirishni tugatdik. Davom etish uchun qayta kiring."
                )),
                p("Kirishlaringiz ro‘yxatini ko‘ring va notanishlarini tugating:"),
                Part::Link(sessions),
            ],
        ),
        About::NewDevice { device, network, at, sessions, forgot } => (
            "IlmSpace hisobingizga yangi kirish".to_owned(),
            vec![
                p(format!("Hisobingizga kirildi: {device}, tarmoq {network}, {at}.")),
                p(
                    "Agar bu siz bo‘lsangiz, hammasi joyida. Aks holda o‘sha kirishni bu yerda tugating:",
                ),
                Part::Link(sessions),
                p("va yangi parol o‘rnating:"),
                Part::Link(forgot),
            ],
        ),
        About::PasswordChanged(forgot) => (
            "IlmSpace parolingiz o‘zgartirildi".to_owned(),
            vec![
                p("IlmSpace hisobingizning paroli hozirgina o‘zgartirildi."),
                p("Agar bu siz bo‘lmasangiz, darhol yangisini o‘rnating:"),
                Part::Link(forgot),
            ],
        ),
    }
}

fn he(about: About<'_>) -> (String, Vec<Part<'_>>) {
    match about {
        About::Code(code) => (
            format!("{code} הוא הקוד שלך ל-IlmSpace"),
            vec![
                p("זה הקוד שלך לכניסה ל-IlmSpace:"),
                Part::Code(code),
                p(
                    "הקוד תקף ל-10 דקות, בדפדפן שבו ביקשת אותו. לעולם לא נבקש אותו בטלפון או בצ׳אט: אין למסור אותו לאיש.",
                ),
                p("אם לא ביקשת אותו, אין צורך לעשות דבר."),
            ],
        ),
        About::AccountExists { sign_in, forgot } => (
            "כבר יש לך חשבון ב-IlmSpace".to_owned(),
            vec![
                p(
                    "מישהו, כנראה את או אתה, ניסה להירשם ל-IlmSpace עם הכתובת הזאת. כבר יש לה חשבון, ולכן דבר לא השתנה. אפשר להיכנס כאן:",
                ),
                Part::Link(sign_in),
                p("אם שכחת את הסיסמה, אפשר לקבוע חדשה:"),
                Part::Link(forgot),
                p("אם זה לא היה ביוזמתך, אין צורך לעשות דבר."),
            ],
        ),
        About::Reset(link) => (
            "סיסמה חדשה ל-IlmSpace".to_owned(),
            vec![
                p("בקישור הזה קובעים סיסמה חדשה. הוא פועל פעם אחת, במשך 30 דקות:"),
                Part::Link(link),
                p("אם לא ביקשת אותו, אין צורך לעשות דבר: הסיסמה נשארת כפי שהיא."),
            ],
        ),
        About::SessionReused { device, sessions } => (
            "סיימנו אחת מהכניסות שלך".to_owned(),
            vec![
                p(format!(
                    "מפתח כניסה משומש שלך ל-IlmSpace ({device}) הוצג בפעם השנייה. ייתכן שמישהו העתיק אותו, ולכן סיימנו את הכניסה הזאת. כדי להמשיך יש להיכנס שוב."
                )),
                p("כדאי לעבור על הכניסות שלך ולסיים את אלה שאינן מוכרות:"),
                Part::Link(sessions),
            ],
        ),
        About::NewDevice { device, network, at, sessions, forgot } => (
            "כניסה חדשה לחשבון IlmSpace שלך".to_owned(),
            vec![
                p(format!("בוצעה כניסה לחשבון שלך: {device}, רשת {network}, {at}.")),
                p("אם זה היה ביוזמתך, הכול בסדר. אם לא, אפשר לסיים את הכניסה כאן:"),
                Part::Link(sessions),
                p("ולקבוע סיסמה חדשה:"),
                Part::Link(forgot),
            ],
        ),
        About::PasswordChanged(forgot) => (
            "הסיסמה שלך ל-IlmSpace שונתה".to_owned(),
            vec![
                p("הסיסמה של חשבון IlmSpace שלך שונתה כרגע."),
                p("אם זה לא היה ביוזמתך, יש לקבוע מיד סיסמה חדשה:"),
                Part::Link(forgot),
            ],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://ilm.test/reset#token=abc";

    fn all() -> Vec<About<'static>> {
        vec![
            About::Code("042917"),
            About::AccountExists { sign_in: LINK, forgot: LINK },
            About::Reset(LINK),
            About::SessionReused { device: "Firefox, Windows", sessions: LINK },
            About::NewDevice {
                device: "Firefox, Windows",
                network: "203.0.113.0/24",
                at: "2026-11-20 15:00 UTC",
                sessions: LINK,
                forgot: LINK,
            },
            About::PasswordChanged(LINK),
        ]
    }

    /// LOC-01 IDN-08 IDN-15
    #[test]
    fn every_mail_exists_in_every_language_and_says_the_same_in_text_and_html() {
        for about in all() {
            let mut subjects = std::collections::HashSet::new();
            for locale in crate::platform::config::LOCALES {
                let mail = write(about, locale);
                assert!(subjects.insert(mail.subject.clone()), "{locale}: {}", mail.subject);
                assert!(!mail.subject.contains('\n'));
                for must in ["042917", LINK] {
                    let needed = format!("{about:?}").contains(must);
                    assert_eq!(mail.text.contains(must), needed, "{locale} {about:?}");
                    assert_eq!(mail.html.contains(must), needed, "{locale} {about:?}");
                }
            }
        }
        assert!(write(About::Code("1"), "he").html.contains("dir=\"rtl\""));
    }

    #[test]
    fn what_a_device_calls_itself_cannot_become_markup() {
        let about = About::SessionReused { device: "<b onclick='x'>\"&", sessions: LINK };
        assert!(write(about, "en").html.contains("&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;"));
    }
}
