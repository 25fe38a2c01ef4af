//! Roles as grants (IDN-02, IDN-03): one kind of user, any number of roles, each for the whole
//! platform or for one course. Ranks say who may act on whom.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A role. Everybody with an account is a student; the others are granted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes courses.
    Student,
    /// Makes courses.
    Author,
    /// The school's moderator: edits tasks, sees statistics, answers students (IDN-04, curation).
    Curator,
    /// Helps people with their accounts.
    Support,
    /// The marketplace's moderator: inspects and blocks courses (IDN-04, trust).
    Moderator,
    /// Sees money, decides refunds and payouts.
    Finance,
    /// Manages everything but what is the super admin's.
    Admin,
    /// Made by the command line only.
    SuperAdmin,
}

impl Role {
    /// The roles that may be switched off: there is no school without students, and none that
    /// nobody runs.
    pub fn switched_off(names: &[String]) -> Result<Vec<Self>, String> {
        let one = |name: &String| match Self::of_name(name) {
            Some(Self::Student | Self::SuperAdmin) => {
                Err(format!("the role {name} cannot be switched off"))
            }
            Some(role) => Ok(role),
            None => Err(format!("there is no role {name}")),
        };
        names.iter().map(one).collect()
    }

    /// Every role, lowest rank first.
    pub const ALL: [Self; 8] = [
        Self::Student,
        Self::Author,
        Self::Curator,
        Self::Support,
        Self::Moderator,
        Self::Finance,
        Self::Admin,
        Self::SuperAdmin,
    ];

    /// The name in JSON and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Author => "author",
            Self::Curator => "curator",
            Self::Support => "support",
            Self::Moderator => "moderator",
            Self::Finance => "finance",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        }
    }

    /// The role of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// 0 to 5: one acts only on persons of a lower rank.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Student => 0,
            Self::Author => 1,
            Self::Curator | Self::Support => 2,
            Self::Moderator | Self::Finance => 3,
            Self::Admin => 4,
            Self::SuperAdmin => 5,
        }
    }

    /// Whether holders work for the school: shorter sessions, longer passwords.
    pub const fn is_staff(self) -> bool {
        self.rank() >= 2
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// Where a grant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere.
    Platform,
    /// In one course.
    Course(Uuid),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Course(id) => write!(f, "course:{id}"),
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            None if text == "platform" => Ok(Self::Platform),
            Some(("course", id)) => id.parse().map(Self::Course).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// What a person may act as: platform-wide roles, and those that hold in single courses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    platform: u16,
    courses: Vec<(Uuid, Role)>,
}

impl Default for Roles {
    /// A student and nothing more.
    fn default() -> Self {
        Self { platform: Role::Student.bit(), courses: Vec::new() }
    }
}

impl Roles {
    /// Out of grants; every account is a student.
    pub fn of(grants: impl IntoIterator<Item = (Role, Scope)>) -> Self {
        let mut roles = Self::default();
        for (role, scope) in grants {
            match scope {
                Scope::Platform => roles.platform |= role.bit(),
                Scope::Course(course) => roles.courses.push((course, role)),
            }
        }
        roles
    }

    /// The same without roles that the deployment has switched off (IDN-03).
    pub fn without(mut self, off: &[Role]) -> Self {
        for role in off {
            self.platform &= !role.bit();
        }
        self.courses.retain(|(_, role)| !off.contains(role));
        self
    }

    /// Whether the role holds everywhere. A super admin is an admin.
    pub fn has(&self, role: Role) -> bool {
        let held = |role: Role| self.platform & role.bit() != 0;
        held(role) || (role == Role::Admin && held(Role::SuperAdmin))
    }

    /// Whether the role holds in that course.
    pub fn has_in(&self, role: Role, course: Uuid) -> bool {
        self.has(role) || self.courses.contains(&(course, role))
    }

    /// Whether the role holds everywhere or in some course.
    pub fn has_anywhere(&self, role: Role) -> bool {
        self.has(role) || self.courses.iter().any(|(_, held)| *held == role)
    }

    /// The courses in which the role is held by itself.
    pub fn courses_with(&self, role: Role) -> impl Iterator<Item = Uuid> + '_ {
        self.courses.iter().filter(move |(_, held)| *held == role).map(|(course, _)| *course)
    }

    /// The highest rank among the platform-wide roles.
    pub fn rank(&self) -> u8 {
        self.names().map(Role::rank).max().unwrap_or(0)
    }

    /// The highest rank among the roles that hold in that course; without one, as [`Self::rank`].
    pub fn rank_in(&self, course: Option<Uuid>) -> u8 {
        let there = self.courses.iter().filter(|(of, _)| Some(*of) == course);
        there.map(|(_, role)| role.rank()).chain([self.rank()]).max().unwrap_or(0)
    }

    /// Whether any role of the school's own people is held, anywhere.
    pub fn is_staff(&self) -> bool {
        self.names().any(Role::is_staff) || self.courses.iter().any(|(_, role)| role.is_staff())
    }

    /// The platform-wide roles, lowest rank first.
    pub fn names(&self) -> impl Iterator<Item = Role> + '_ {
        Role::ALL.into_iter().filter(|role| self.platform & role.bit() != 0)
    }

    /// The same as a list.
    pub fn to_vec(&self) -> Vec<Role> {
        self.names().collect()
    }
}

/// Whether `actor` may act on `target`: on a lower rank only, never on oneself.
pub fn may_act_on(actor: (Uuid, &Roles), target: (Uuid, &Roles)) -> bool {
    actor.0 != target.0 && actor.1.rank() > target.1.rank()
}

/// Whether `actor` may grant or take `role`: below the own rank, and never the super admin's, which
/// the command line alone gives.
pub fn may_grant(actor: &Roles, role: Role) -> bool {
    role != Role::SuperAdmin && role != Role::Student && role.rank() < actor.rank()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(role: Role) -> Roles {
        Roles::of([(role, Scope::Platform)])
    }

    /// IDN-02 IDN-03
    #[test]
    fn one_person_holds_several_roles_and_is_always_a_student() {
        let course = Uuid::from_u128(7);
        let roles =
            Roles::of([(Role::Author, Scope::Platform), (Role::Curator, Scope::Course(course))]);
        assert_eq!(roles.to_vec(), [Role::Student, Role::Author]);
        assert!(roles.has_in(Role::Curator, course) && !roles.has(Role::Curator));
        assert!(!roles.has_in(Role::Curator, Uuid::from_u128(8)));
        assert!(roles.is_staff(), "a curator of one course is staff there");
        assert_eq!(Roles::default().to_vec(), [Role::Student]);
        assert!(with(Role::SuperAdmin).has(Role::Admin));
    }

    /// IDN-03
    #[test]
    fn a_role_that_is_switched_off_counts_for_nothing() {
        let course = Uuid::from_u128(7);
        let off = Role::switched_off(&["author".into(), "curator".into()]).unwrap();
        let grants = [
            (Role::Author, Scope::Platform),
            (Role::Admin, Scope::Platform),
            (Role::Curator, Scope::Course(course)),
        ];
        let roles = Roles::of(grants).without(&off);
        assert_eq!(roles.to_vec(), [Role::Student, Role::Admin]);
        assert!(!roles.has_in(Role::Curator, course));
        for wrong in ["student", "super_admin", "king"] {
            assert!(Role::switched_off(&[wrong.into()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_scopes_survive_the_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::of_name(role.name()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        for scope in [Scope::Platform, Scope::Course(Uuid::from_u128(7))] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert!("course:x".parse::<Scope>().is_err());
    }

    fn any_role() -> impl Strategy<Value = Role> {
        prop::sample::select(&Role::ALL[..])
    }

    proptest! {
        /// IDN-18: nobody acts upwards, sideways or on themselves; nobody lifts anyone to their own
        /// rank.
        #[test]
        fn rank_is_never_climbed(actor in any_role(), target in any_role(), granted in any_role()) {
            let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
            let allowed = may_act_on((a, &with(actor)), (b, &with(target)));
            prop_assert_eq!(allowed, actor.rank() > target.rank());
            prop_assert!(!may_act_on((a, &with(actor)), (a, &with(target))));
            if may_grant(&with(actor), granted) {
                prop_assert!(granted.rank() < actor.rank());
                prop_assert!(granted != Role::SuperAdmin);
            }
        }
    }
}
