//! Who among those who keep order may act on whom, and who may take away whose message: one rule, pure.
//!
//! | who keeps order | a learner | the author of the course | curator, support | moderator, finance | admin |
//! |---|---|---|---|---|---|
//! | author of the course | yes | - | - | - | - |
//! | curator, support | yes | yes | - | - | - |
//! | moderator | yes | yes | yes | - | - |
//! | admin | yes | yes | yes | yes | - |
//!
//! Whoever keeps order in the room is held by their rank, and so is everybody who works for the school, whether they
//! keep order there or not. Somebody who teaches another course and learns in this one is a learner. On
//! oneself nobody acts; an own message everybody may take away.

use uuid::Uuid;

use crate::identity::{Role, Roles};

/// Somebody in a room, as the rule looks at them.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'a> {
    /// Who.
    pub user: Uuid,
    /// What they may act as.
    pub roles: &'a Roles,
    /// Whether they keep order in the room.
    pub moderates: bool,
}

/// Whether `actor` may act on `target` in a room of `course`.
pub fn may_act(actor: Peer<'_>, target: Peer<'_>, course: Option<Uuid>) -> bool {
    let (own, theirs) = (actor.roles.rank_in(course), target.roles.rank_in(course));
    let plain = !target.moderates && theirs < Role::Curator.rank();
    actor.moderates && actor.user != target.user && (plain || own > theirs)
}

/// Whether `actor` may take a message of `author` away; how long one may take away an own one is
/// another rule (`log/plan.rs`).
pub fn may_delete(actor: Peer<'_>, author: Peer<'_>, course: Option<Uuid>) -> bool {
    actor.user == author.user || may_act(actor, author, course)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Scope;

    const COURSE: Uuid = Uuid::from_u128(7);

    /// Of each kind: roles, and whether they keep order in a room of the course.
    fn kinds() -> [(&'static str, Roles, bool); 9] {
        let with = |role| Roles::of([(role, Scope::Platform)]);
        [
            ("student", Roles::default(), false),
            ("another author", with(Role::Author), false),
            ("author", with(Role::Author), true),
            ("curator", with(Role::Curator), true),
            ("curator here", Roles::of([(Role::Curator, Scope::Course(COURSE))]), true),
            ("support", with(Role::Support), false),
            ("moderator", with(Role::Moderator), true),
            ("admin", with(Role::Admin), true),
            ("super admin", with(Role::SuperAdmin), true),
        ]
    }

    /// MSG-07: the table, row by row: who takes away whose message.
    #[test]
    fn messages_are_taken_away_downwards_only() {
        const ROWS: [(&str, &[&str]); 9] = [
            ("student", &[]),
            ("another author", &[]),
            ("author", &["student", "another author"]),
            ("curator", &["student", "another author", "author"]),
            ("curator here", &["student", "another author", "author"]),
            // Keeps no order in the rooms of a course.
            ("support", &[]),
            (
                "moderator",
                &["student", "another author", "author", "curator", "curator here", "support"],
            ),
            (
                "admin",
                &[
                    "student",
                    "another author",
                    "author",
                    "curator",
                    "curator here",
                    "support",
                    "moderator",
                ],
            ),
            (
                "super admin",
                &[
                    "student",
                    "another author",
                    "author",
                    "curator",
                    "curator here",
                    "support",
                    "moderator",
                    "admin",
                ],
            ),
        ];
        for (actor, _) in ROWS {
            assert!(kinds().iter().any(|(name, ..)| *name == actor), "{actor}");
        }
        for (actor, roles, moderates) in &kinds() {
            let (_, allowed) = ROWS.iter().find(|(name, _)| name == actor).unwrap();
            let actor_peer = Peer { user: Uuid::from_u128(1), roles, moderates: *moderates };
            for (author, roles, moderates) in &kinds() {
                let author_peer = Peer { user: Uuid::from_u128(2), roles, moderates: *moderates };
                let may = may_delete(actor_peer, author_peer, Some(COURSE));
                assert_eq!(may, allowed.contains(author), "{actor} on {author}");
                assert_eq!(may, may_act(actor_peer, author_peer, Some(COURSE)));
            }
            // An own message everybody, on oneself nobody.
            assert!(may_delete(actor_peer, actor_peer, Some(COURSE)));
            assert!(!may_act(actor_peer, actor_peer, Some(COURSE)));
        }
    }

    #[test]
    fn a_curator_of_one_course_has_that_rank_in_the_course_alone() {
        let curator = Roles::of([(Role::Curator, Scope::Course(COURSE))]);
        let author = Roles::of([(Role::Author, Scope::Platform)]);
        let actor = Peer { user: Uuid::from_u128(1), roles: &curator, moderates: true };
        let target = Peer { user: Uuid::from_u128(2), roles: &author, moderates: true };
        assert!(may_act(actor, target, Some(COURSE)));
        assert!(!may_act(actor, target, None));
    }
}
