//! Whose messages somebody does not want to see. It is their own business: the blocked person is told
//! nothing, and those who keep order cannot be blocked.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::store;
use super::views::Block;
use crate::app::App;
use crate::identity::{self, Roles};
use crate::platform::http::{Code, Problem};
use crate::platform::live::Notice;

/// People whom one person may block.
const BLOCKS_MAX: usize = 500;

/// Whom somebody blocks, the newest first.
pub(super) async fn list(app: &App, user: Uuid) -> Result<Vec<Block>, Problem> {
    let mut conn = app.db.conn().await?;
    let rows = store::blocks::of(&mut conn, user).await?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let people = identity::people(&mut conn, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|(id, created_at)| Block {
            id,
            name: people.get(&id).map(|person| person.name.clone()).unwrap_or_default(),
            created_at,
        })
        .collect())
}

/// Blocks somebody. Blocking whom one blocks is no error.
///
/// # Errors
/// `not_found`; `forbidden` for oneself and for who works for the school; `conflict` past the limit.
pub(super) async fn add(app: &App, user: Uuid, blocked: Uuid) -> Result<(), Problem> {
    let now = app.clock.now();
    let changed = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Problem> {
            if !identity::people(conn, &[blocked]).await?.contains_key(&blocked) {
                return Err(Problem::not_found());
            }
            let roles = identity::roles_of_people(app, conn, &[blocked], now).await?;
            if user == blocked || roles.get(&blocked).is_some_and(Roles::is_staff) {
                return Err(Problem::new(Code::Forbidden)
                    .detail("Neither oneself nor who works for the school can be blocked."));
            }
            if store::blocks::of(conn, user).await?.len() >= BLOCKS_MAX {
                return Err(Problem::new(Code::Conflict)
                    .detail(format!("At most {BLOCKS_MAX} people can be blocked.")));
            }
            Ok(store::blocks::add(conn, user, blocked, now).await?)
        })
        .await?;
    if changed {
        tell(app, user);
    }
    Ok(())
}

/// Takes a block back.
///
/// # Errors
/// Those of the database.
pub(super) async fn remove(app: &App, user: Uuid, blocked: Uuid) -> Result<(), Problem> {
    let changed = {
        let mut conn = app.db.conn().await?;
        store::blocks::remove(&mut conn, user, blocked).await?
    };
    if changed {
        tell(app, user);
    }
    Ok(())
}

/// Their seats, on every node, look through the new list from now on.
fn tell(app: &App, user: Uuid) {
    app.live.tell(Notice::BlocksChanged { user_id: user });
}
