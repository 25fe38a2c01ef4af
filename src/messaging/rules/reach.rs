//! Whose cases and mutes somebody looks through and decides: those of the rooms in which they keep order
//! (`rights.rs`), and nobody else's. Pure.

use uuid::Uuid;

use super::rights::{Being, Level, level};
use crate::identity::{Role, Roles};
use crate::messaging::model::RoomKind;

/// The rooms in which somebody keeps order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Rooms of these kinds, whatever their course.
    everywhere: Vec<RoomKind>,
    /// Rooms of these kinds …
    in_courses: Vec<RoomKind>,
    /// … in these courses, which they teach or curate.
    courses: Vec<Uuid>,
    /// The whole school: a mute over it is theirs to lift.
    school: bool,
}

fn kept_by(being: Being) -> impl Iterator<Item = RoomKind> {
    RoomKind::ALL.into_iter().filter(move |kind| level(*kind, being) == Some(Level::Moderate))
}

impl Reach {
    /// Of somebody with these roles who teaches the courses `taught`.
    pub fn of(roles: &Roles, taught: &[Uuid]) -> Self {
        let held = [
            (Role::Curator, Being::Curator),
            (Role::Support, Being::Support),
            (Role::Moderator, Being::Moderator),
            (Role::Admin, Being::Admin),
        ];
        let mut everywhere: Vec<RoomKind> = held
            .into_iter()
            .filter(|(role, _)| roles.has(*role))
            .flat_map(|(_, being)| kept_by(being))
            .collect();
        everywhere.sort_unstable_by_key(|kind| kind.as_str());
        everywhere.dedup();
        let mut courses: Vec<Uuid> = roles.courses_with(Role::Curator).collect();
        courses.extend(taught);
        courses.sort_unstable();
        courses.dedup();
        // A course's curators keep order where its author does: the test below holds the table to it.
        let in_courses = kept_by(Being::Author).collect();
        let school = roles.has(Role::Moderator) || roles.has(Role::Admin);
        Self { everywhere, in_courses, courses, school }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.everywhere.is_empty() && self.courses.is_empty()
    }

    /// Whether a mute over the whole school may be laid or lifted.
    pub const fn is_school(&self) -> bool {
        self.school
    }

    /// Whether order is kept in all of this course's common rooms.
    pub fn holds_course(&self, course: Uuid) -> bool {
        self.courses.contains(&course) || self.holds_all_courses()
    }

    /// Whether that is so of every course.
    pub fn holds_all_courses(&self) -> bool {
        self.in_courses.iter().all(|kind| self.everywhere.contains(kind))
    }

    /// Kinds of rooms everywhere, as the database names them.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.everywhere.iter().map(|kind| kind.as_str()).collect()
    }

    /// Kinds of rooms in [`Self::courses`].
    pub fn kinds_in_courses(&self) -> Vec<&'static str> {
        self.in_courses.iter().map(|kind| kind.as_str()).collect()
    }

    /// The courses that are taught or curated.
    pub fn courses(&self) -> &[Uuid] {
        &self.courses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Scope;

    const COURSE: Uuid = Uuid::from_u128(7);
    const OTHER: Uuid = Uuid::from_u128(8);

    fn reach(roles: &[(Role, Scope)], taught: &[Uuid]) -> Reach {
        Reach::of(&Roles::of(roles.iter().copied()), taught)
    }

    /// MSG-07: who looks through what, row by row.
    #[test]
    fn one_reaches_the_rooms_in_which_one_keeps_order() {
        let of = |role| reach(&[(role, Scope::Platform)], &[]);
        for nobody in [of(Role::Student), of(Role::Author), of(Role::Finance)] {
            assert!(nobody.is_empty() && !nobody.is_school() && !nobody.holds_course(COURSE));
        }
        for whole in [of(Role::Moderator), of(Role::Admin), of(Role::SuperAdmin)] {
            assert_eq!(whole.everywhere.len(), RoomKind::ALL.len());
            assert!(whole.is_school() && whole.holds_course(COURSE));
        }
        let curator = of(Role::Curator);
        assert!(curator.holds_course(COURSE) && !curator.is_school());
        assert!(!curator.kinds().contains(&"pair") && curator.kinds().contains(&"general"));
        let support = of(Role::Support);
        assert_eq!(support.kinds(), ["general", "support"]);
        assert!(!support.holds_course(COURSE));
        let author = reach(&[(Role::Author, Scope::Platform)], &[COURSE]);
        let here = reach(&[(Role::Curator, Scope::Course(COURSE))], &[]);
        for one in [author, here] {
            assert_eq!((one.courses(), one.kinds().len()), (&[COURSE][..], 0));
            assert_eq!(one.kinds_in_courses(), ["lesson", "task", "question", "forum", "news"]);
            assert!(one.holds_course(COURSE) && !one.holds_course(OTHER) && !one.is_school());
        }
    }

    #[test]
    fn the_curators_of_a_course_keep_order_where_its_author_does() {
        let of_courses = |being| -> Vec<RoomKind> {
            let outside = [RoomKind::Support, RoomKind::General, RoomKind::SchoolNews];
            kept_by(being).filter(|kind| !outside.contains(kind)).collect()
        };
        assert_eq!(of_courses(Being::Curator), of_courses(Being::Author));
    }
}
