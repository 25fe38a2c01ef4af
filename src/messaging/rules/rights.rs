//! Who may do what in which kind of room: one table, pure. Whoever holds no right in a room does not
//! hear that it is there, unless a ban alone took the right away: then they hear of the ban.
//!
//! | room | signed in | student | owner | former owner | author | curator | support | moderator | admin |
//! |---|---|---|---|---|---|---|---|---|---|
//! | lesson, question, forum | - | write | write | - | moderate | moderate | - | moderate | moderate |
//! | task | - | - | write | - | moderate | moderate | - | moderate | moderate |
//! | pair | - | - | write | read | write | - | - | moderate | moderate |
//! | support | - | - | write | - | - | moderate | moderate | moderate | moderate |
//! | general | write | write | write | - | write | moderate | moderate | moderate | moderate |
//! | staff | - | - | - | - | - | write | write | moderate | moderate |
//! | news | - | read | - | - | moderate | moderate | - | moderate | moderate |
//! | school_news | read | read | - | - | read | moderate | read | moderate | moderate |
//!
//! A guest enters no room. A student is enrolled in the room's course, their access not ended; the owner is the student of a
//! task's, a pair's, a support room, who is also a student of its course where there is one; a former
//! owner was. Curators are those of the course, or of the whole school; where a room has no course the
//! latter alone, but the staff's own room knows both. What shuts a place to learners (a drafted lesson,
//! a topic that is not open yet, a blocked course) shuts its rooms to them; a task that was taken off
//! leaves its room to be read, and so does a chat that is not open to its student; a ban from a room takes it away. A lock, which comes and goes while people are
//! there, is no part of the right: it leaves writing to moderators (`access::Member::can_write_now`).

use actors::chat_room::port::Role;

use crate::messaging::model::RoomKind;

/// What a person is to a room. One may be several of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Being {
    /// Signed in, and nothing more.
    SignedIn,
    /// Enrolled in the room's course.
    Student,
    /// The student whose room it is.
    Owner,
    /// Was the owner; the enrollment has ended.
    FormerOwner,
    /// Teaches the room's course.
    Author,
    /// Answers students, in the course or everywhere.
    Curator,
    /// Helps people with their accounts.
    Support,
    /// The marketplace's moderator.
    Moderator,
    /// Manages everything.
    Admin,
}

/// What somebody may do in a room, each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Enter and read.
    Read,
    /// Write too.
    Write,
    /// Keep order too: delete, pin, lock, mute; write in locked rooms.
    Moderate,
}

/// The table.
pub const fn level(kind: RoomKind, being: Being) -> Option<Level> {
    use Being::{
        Admin, Author, Curator, FormerOwner, Moderator, Owner, SignedIn, Student, Support,
    };
    use Level::{Moderate, Read, Write};
    use RoomKind as K;
    match (kind, being) {
        (_, Moderator | Admin) => Some(Moderate),

        (K::Lesson | K::Question | K::Forum, Student | Owner) => Some(Write),
        (K::Lesson | K::Question | K::Forum | K::Task | K::News, Author | Curator) => {
            Some(Moderate)
        }
        (K::Lesson | K::Question | K::Forum, SignedIn | FormerOwner | Support) => None,

        (K::Task, Owner) => Some(Write),
        (K::Task, SignedIn | Student | FormerOwner | Support) => None,

        (K::Pair, Owner | Author) => Some(Write),
        (K::Pair, FormerOwner) => Some(Read),
        (K::Pair, SignedIn | Student | Curator | Support) => None,

        (K::Support, Owner) => Some(Write),
        (K::Support, Curator | Support) => Some(Moderate),
        (K::Support, SignedIn | Student | FormerOwner | Author) => None,

        (K::General, SignedIn | Student | Owner | Author) => Some(Write),
        (K::General, Curator | Support) => Some(Moderate),
        (K::General, FormerOwner) => None,

        (K::Staff, Curator | Support) => Some(Write),
        (K::Staff, SignedIn | Student | Owner | FormerOwner | Author) => None,

        (K::News, Student) => Some(Read),
        (K::News, SignedIn | Owner | FormerOwner | Support) => None,

        (K::SchoolNews, SignedIn | Student | Author | Support) => Some(Read),
        (K::SchoolNews, Curator) => Some(Moderate),
        (K::SchoolNews, Owner | FormerOwner) => None,
    }
}

/// What is known of a person and a room when it is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// Whose room it is.
    pub is_owner: bool,
    /// Enrolled in the room's course, access not ended. False where there is no course.
    pub is_enrolled: bool,
    /// Teaches the room's course.
    pub is_author: bool,
    /// A curator, here.
    pub is_curator: bool,
    /// Support.
    pub is_support: bool,
    /// A moderator.
    pub is_moderator: bool,
    /// An admin.
    pub is_admin: bool,
    /// The room has a course: its owner counts only while enrolled.
    pub has_course: bool,
    /// What the room is about is shut to learners.
    pub is_shut: bool,
    /// What the room is about was taken off: learners read on.
    pub is_past: bool,
    /// The chat under the task is not open to its student.
    pub is_unopened: bool,
    /// Banned from the room.
    pub is_banned: bool,
}

/// What somebody is and may do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// What the room shows them as.
    pub role: Role,
    /// What they may do.
    pub level: Level,
}

impl Right {
    /// Whether they may write, where no lock keeps them from it.
    pub fn can_write(self) -> bool {
        self.level >= Level::Write
    }

    /// Whether they keep order.
    pub fn moderates(self) -> bool {
        self.level == Level::Moderate
    }
}

/// Why somebody does not get into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// For them it is not there.
    Hidden,
    /// Only the ban keeps them out: they know the room, and are told so.
    Banned,
}

/// What somebody signed in may do in a room of this kind, or why nothing.
///
/// # Errors
/// [`Shut::Banned`] only where the same person would be let in without the ban.
pub fn entry(kind: RoomKind, facts: Facts) -> Result<Right, Shut> {
    let free = Facts { is_banned: false, ..facts };
    right(kind, facts).ok_or_else(|| match right(kind, free) {
        Some(_) => Shut::Banned,
        None => Shut::Hidden,
    })
}

/// What somebody signed in may do in a room of this kind; `None`: nothing.
fn right(kind: RoomKind, facts: Facts) -> Option<Right> {
    let beings = [
        // Staff first: of two equal rights the higher standing names the role.
        (facts.is_admin, Being::Admin, Role::Moderator),
        (facts.is_moderator, Being::Moderator, Role::Moderator),
        (facts.is_curator, Being::Curator, Role::Moderator),
        (facts.is_support, Being::Support, Role::Moderator),
    ];
    let staff = beings
        .into_iter()
        .filter(|(holds, ..)| *holds)
        .filter_map(|(_, being, role)| Some(Right { role, level: level(kind, being)? }))
        .max_by_key(|right| right.level);
    let author = facts
        .is_author
        .then(|| level(kind, Being::Author))
        .flatten()
        .map(|level| Right { role: Role::Author, level });
    let learner = learner(kind, facts);
    // In the own course one is its author, whatever else one is; a learner who keeps order elsewhere
    // is a learner only where that gives more.
    let best = [learner, staff, author].into_iter().flatten().max_by_key(|right| right.level)?;
    let role = match author {
        Some(author) if facts.has_course => author.role,
        _ => best.role,
    };
    // Who reads as staff what everybody reads, reads it as everybody.
    let role =
        if role == Role::Moderator && best.level == Level::Read { Role::Student } else { role };
    Some(Right { role, level: best.level })
}

/// The right of a learner: what shuts the place, the task's end, a chat that is not open and a ban count.
fn learner(kind: RoomKind, facts: Facts) -> Option<Right> {
    if facts.is_banned || facts.is_shut {
        return None;
    }
    let belongs = !facts.has_course || facts.is_enrolled;
    let being = match (facts.is_owner, belongs) {
        (true, true) => Being::Owner,
        (true, false) => Being::FormerOwner,
        (false, _) if facts.is_enrolled => Being::Student,
        (false, _) => Being::SignedIn,
    };
    let level = level(kind, being)?;
    let level = if facts.is_past || facts.is_unopened { Level::Read } else { level };
    Some(Right { role: Role::Student, level })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEINGS: [Being; 9] = [
        Being::SignedIn,
        Being::Student,
        Being::Owner,
        Being::FormerOwner,
        Being::Author,
        Being::Curator,
        Being::Support,
        Being::Moderator,
        Being::Admin,
    ];

    fn letter(level: Option<Level>) -> char {
        match level {
            None => '-',
            Some(Level::Read) => 'r',
            Some(Level::Write) => 'w',
            Some(Level::Moderate) => 'm',
        }
    }

    /// MSG-03 MSG-08 MSG-10 MSG-12 MSG-13 MSG-15 MSG-16: the whole table, row by row: signed in, student,
    /// owner, former owner, author, curator, support, moderator, admin.
    #[test]
    fn the_table_is_what_it_says() {
        let rows = RoomKind::ALL.map(|kind| {
            let row: String = BEINGS.iter().map(|being| letter(level(kind, *being))).collect();
            format!("{:<12}{row}", kind.as_str())
        });
        assert_eq!(
            rows,
            [
                "lesson      -ww-mm-mm",
                "task        --w-mm-mm",
                "question    -ww-mm-mm",
                "forum       -ww-mm-mm",
                "pair        --wrw--mm",
                "support     --w--mmmm",
                "general     www-wmmmm",
                "staff       -----wwmm",
                "news        -r--mm-mm",
                "school_news rr--rmrmm",
            ]
        );
    }

    /// Facts by letters: o owner, e enrolled, a author, c curator, s support, m moderator, A admin,
    /// C the room has a course, x shut, p past, u not opened, b banned.
    fn facts(letters: &str) -> Facts {
        let has = |letter: char| letters.contains(letter);
        Facts {
            is_owner: has('o'),
            is_enrolled: has('e'),
            is_author: has('a'),
            is_curator: has('c'),
            is_support: has('s'),
            is_moderator: has('m'),
            is_admin: has('A'),
            has_course: has('C'),
            is_shut: has('x'),
            is_past: has('p'),
            is_unopened: has('u'),
            is_banned: has('b'),
        }
    }

    fn of(kind: RoomKind, letters: &str) -> Option<(Role, char)> {
        right(kind, facts(letters)).map(|right| (right.role, letter(Some(right.level))))
    }

    /// MSG-08 MSG-09 MSG-03
    #[test]
    fn what_shuts_a_place_shuts_its_rooms_to_learners_alone() {
        use RoomKind::{Forum, General, Lesson, News, Pair, Question, Staff, Support, Task};
        for kind in [Lesson, Question, Forum] {
            assert_eq!(of(kind, "Ce"), Some((Role::Student, 'w')));
            for none in ["C", "Co", "Cex", "Ceb"] {
                assert_eq!(of(kind, none), None, "{none}");
            }
            for letters in ["Ca", "Caxb", "Cax"] {
                assert_eq!(of(kind, letters), Some((Role::Author, 'm')), "{letters}");
            }
            assert_eq!(of(kind, "Cmx"), Some((Role::Moderator, 'm')));
        }
        assert_eq!(of(Task, "Coe"), Some((Role::Student, 'w')));
        assert_eq!(of(Task, "Coep"), Some((Role::Student, 'r')), "a task that was taken off");
        assert_eq!(of(Task, "Coeu"), Some((Role::Student, 'r')), "a chat that is not open (again)");
        for none in ["Ce", "Co", "Coex", "Coeb", "Cs", "C"] {
            assert_eq!(of(Task, none), None, "{none}");
        }
        assert_eq!(of(Pair, "Co"), Some((Role::Student, 'r')), "the enrollment has ended");
        assert_eq!(of(Pair, "Ca"), Some((Role::Author, 'w')));
        assert_eq!(of(Pair, "Cc"), None, "two people's talk is not the curators'");
        assert_eq!(of(Support, "o"), Some((Role::Student, 'w')));
        assert_eq!(of(Support, "s"), Some((Role::Moderator, 'm')));
        assert_eq!(of(Support, ""), None);
        assert_eq!(of(General, ""), Some((Role::Student, 'w')));
        assert_eq!(of(General, "b"), None);
        assert_eq!(of(Staff, ""), None);
        assert_eq!(of(Staff, "c"), Some((Role::Moderator, 'w')));
        assert_eq!(of(News, "Ce"), Some((Role::Student, 'r')));
        assert_eq!(of(RoomKind::SchoolNews, "s"), Some((Role::Student, 'r')));
    }

    /// MSG-07: a ban is told to who would be let in without it, and to nobody else.
    #[test]
    fn who_is_kept_out_by_a_ban_alone_hears_of_it_and_nobody_else() {
        use RoomKind::{General, Lesson, Staff, Support, Task};
        let told = |kind, letters: &str| entry(kind, facts(letters)).unwrap_err();
        for (kind, letters) in
            [(Lesson, "Ceb"), (Task, "Coeb"), (Task, "Coeub"), (General, "b"), (Support, "ob")]
        {
            assert_eq!(told(kind, letters), Shut::Banned, "{letters}");
        }
        for (kind, letters) in [
            (Lesson, "Cb"),
            (Lesson, "Cexb"),
            (Lesson, "Cob"),
            (Task, "Ceb"),
            (Staff, "b"),
            (Support, "b"),
        ] {
            assert_eq!(told(kind, letters), Shut::Hidden, "{letters}");
        }
        assert_eq!(entry(Lesson, facts("Cab")).map(|right| right.role), Ok(Role::Author));
    }

    #[test]
    fn the_author_is_the_author_in_the_own_course_whatever_else() {
        assert_eq!(of(RoomKind::Lesson, "CamA"), Some((Role::Author, 'm')));
        assert_eq!(of(RoomKind::Pair, "Cam"), Some((Role::Author, 'm')));
        assert_eq!(of(RoomKind::General, "m"), Some((Role::Moderator, 'm')));
        assert_eq!(of(RoomKind::Lesson, "Cem"), Some((Role::Moderator, 'm')));
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        prop::collection::vec(any::<bool>(), 11).prop_map(|bits| {
            let letters: String =
                "oeacsmACxpb".chars().zip(bits).filter(|(_, on)| *on).map(|(c, _)| c).collect();
            facts(&letters)
        })
    }

    proptest! {
        /// No ban or shut place ever gives more than its absence.
        #[test]
        fn taking_away_never_gives(kind in prop::sample::select(&RoomKind::ALL[..]), facts in any_facts()) {
            let level = |facts| right(kind, facts).map(|right| right.level);
            let free = Facts { is_shut: false, is_past: false, is_banned: false, ..facts };
            prop_assert!(level(facts) <= level(free));
            // A ban is named where it alone keeps out, and only there.
            let without = Facts { is_banned: false, ..facts };
            prop_assert_eq!(
                entry(kind, facts) == Err(Shut::Banned),
                level(facts).is_none() && level(without).is_some()
            );
            // Nobody but staff and authors keeps order.
            if level(facts) == Some(Level::Moderate) {
                prop_assert!(
                    facts.is_author || facts.is_curator || facts.is_support || facts.is_moderator || facts.is_admin
                );
            }
        }
    }
}
