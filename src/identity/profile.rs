//! What a person keeps about themselves: names, phone, language, time zone.

use super::email;
use super::model::ProfileChanges;
use super::principals::Principal;
use super::roles::{Role, Roles};
use super::sessions;
use super::store;
use super::views::{Me, Person, Profile};
use crate::app::App;
use crate::platform::config::LOCALES;
use crate::platform::http::{Checks, Code, Problem};

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

/// The person themselves.
pub(super) async fn me(app: &App, principal: &Principal) -> Result<Me, Problem> {
    let mut conn = app.db.conn().await?;
    let user = store::users::by_id(&mut conn, principal.user_id).await?;
    let user = user.ok_or_else(sessions::over)?;
    Ok(Me::of(user, &principal.roles, app.clock.now()))
}

/// Writes what the person changed.
///
/// # Errors
/// Faults of the input.
pub(super) async fn change(
    app: &App,
    principal: &Principal,
    input: Profile,
) -> Result<Me, Problem> {
    let mut checks = Checks::new();
    let mut text = |field: &str, value: &Option<String>, length| {
        value.as_deref().map(|value| checks.text(field, value, length))
    };
    let first_name = text("first_name", &input.first_name, 1..=100);
    let last_name = text("last_name", &input.last_name, 1..=100);
    let about = input.about.as_deref().map(|about| checks.lines("about", about, 0..=2000));
    if let Some(locale) = &input.locale {
        let known = LOCALES.contains(&locale.as_str());
        checks.ensure(known, "locale", Code::Invalid, "One of uz, ru, en, he.");
    }
    let phone = match &input.phone {
        Some(Some(typed)) if !typed.trim().is_empty() => {
            let phone = email::phone(typed.trim());
            checks.ensure(
                phone.is_some(),
                "phone",
                Code::Invalid,
                "Write the number with the country code, as in +998 90 123 45 67.",
            );
            Some(phone)
        }
        Some(_) => Some(None),
        None => None,
    };
    let mut conn = app.db.conn().await?;
    if let Some(zone) = &input.timezone {
        let known = is_zone_shaped(zone) && store::users::is_timezone(&mut conn, zone).await?;
        checks.ensure(known, "timezone", Code::Invalid, "A name such as Asia/Tashkent is meant.");
    }
    checks.done()?;
    let changes = ProfileChanges {
        first_name,
        last_name,
        phone,
        about,
        locale: input.locale,
        timezone: input.timezone,
    };
    let now = app.clock.now();
    let user = if changes.is_empty() {
        store::users::by_id(&mut conn, principal.user_id).await?.ok_or_else(sessions::over)?
    } else {
        store::users::change_profile(&mut conn, principal.user_id, &changes, now).await?
    };
    Ok(Me::of(user, &principal.roles, now))
}

/// Whether it could be the name of a zone, before the database is asked.
fn is_zone_shaped(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'+' | b'-'))
}

/// What anybody may know about these people; ids without an account are left out.
pub async fn people(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Person>, Problem> {
    let rows = store::users::names(conn, ids).await?;
    Ok(rows
        .into_iter()
        .map(|(id, first, last, about)| {
            let name = format!("{first} {last}").trim().to_owned();
            (id, Person { id, name, about })
        })
        .collect())
}

/// Since when somebody has an account; `None` when there is none.
///
/// # Errors
/// Those of the database.
pub async fn member_since(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> Result<Option<Timestamp>, Problem> {
    Ok(store::users::by_id(conn, id).await?.map(|user| user.created_at))
}

/// What each of these people may act as at `now`.
pub async fn roles_of_people(
    app: &App,
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<HashMap<Uuid, Roles>, Problem> {
    let roles = store::users::roles(conn, ids, now).await?;
    let off = &app.identity.roles_off;
    Ok(roles.into_iter().map(|(id, roles)| (id, roles.without(off))).collect())
}

/// Who holds any of these roles at `now`, everywhere or in some course.
pub async fn holders_of(
    app: &App,
    conn: &mut AsyncPgConnection,
    wanted: &[Role],
    now: Timestamp,
) -> Result<Vec<Uuid>, Problem> {
    let off = &app.identity.roles_off;
    let wanted: Vec<Role> = wanted.iter().copied().filter(|role| !off.contains(role)).collect();
    Ok(store::users::holders_of(conn, &wanted, now).await?)
}

/// The languages in which these people want to be spoken to.
pub async fn locales(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Problem> {
    Ok(store::users::locales(conn, ids).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_zone_is_asked_for() {
        assert!(is_zone_shaped("Asia/Tashkent") && is_zone_shaped("Etc/GMT+5"));
        for bad in ["", "../etc/passwd", "a b", "Asia/Tashkent'", &"x".repeat(65)] {
            assert!(!is_zone_shaped(bad), "{bad}");
        }
    }
}
