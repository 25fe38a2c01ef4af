//! The life of a course (CRS-26): one machine over `draft, on_moderation, moderation_failed,
//! published, blocked, archived`. Pure.
//!
//! Publishing goes straight from draft to published as long as the gate is [`Gate::Open`]; the way
//! over moderation is laid here already, so that the gate policy is a setting and not a rewrite.

use super::model::CourseState;

/// What stands between an author and the public.
#[allow(dead_code, reason = "moderation opens the other ways; the machine has them already")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Publishing is at once.
    Open,
    /// Publishing asks for moderation first.
    Moderated,
}

/// What somebody does to a course.
#[allow(dead_code, reason = "moderation opens the other ways; the machine has them already")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourseAction {
    /// The author makes it public.
    Publish(Gate),
    /// Moderation let it pass.
    Approve,
    /// Moderation found faults.
    Reject,
    /// The author takes it back; with students it is archived, so that they keep what they have.
    Unpublish {
        /// Whether anybody is enrolled.
        has_students: bool,
    },
    /// A moderator shuts it.
    Block,
    /// A moderator opens it again, as a draft.
    Unblock,
}

/// The state after `action`, or `None` when the state does not allow it.
pub fn after(state: CourseState, action: CourseAction) -> Option<CourseState> {
    use CourseState::{Archived, Blocked, Draft, ModerationFailed, OnModeration, Published};
    match (state, action) {
        (Draft | ModerationFailed | Archived, CourseAction::Publish(Gate::Open)) => Some(Published),
        (Draft | ModerationFailed | Archived, CourseAction::Publish(Gate::Moderated)) => {
            Some(OnModeration)
        }
        (OnModeration, CourseAction::Approve) => Some(Published),
        (OnModeration, CourseAction::Reject) => Some(ModerationFailed),
        (Published, CourseAction::Unpublish { has_students: true }) => Some(Archived),
        (Published | OnModeration, CourseAction::Unpublish { has_students: false }) => Some(Draft),
        (Draft | OnModeration | ModerationFailed | Published | Archived, CourseAction::Block) => {
            Some(Blocked)
        }
        (Blocked, CourseAction::Unblock) => Some(Draft),
        _ => None,
    }
}

/// Whether strangers may see the course's public face.
pub fn is_public(state: CourseState) -> bool {
    state == CourseState::Published
}

/// Whether those who are enrolled may go on learning: an archived course stays readable until
/// access ends, a blocked one does not.
pub fn is_open_to_students(state: CourseState) -> bool {
    matches!(state, CourseState::Published | CourseState::Archived)
}

/// Whether the author may change it; not while moderators look at it, not while it is blocked.
pub fn is_editable(state: CourseState) -> bool {
    !matches!(state, CourseState::OnModeration | CourseState::Blocked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CourseState::{Archived, Blocked, Draft, ModerationFailed, OnModeration, Published};

    /// CRS-25 CRS-26
    #[test]
    fn with_the_gate_open_a_draft_is_public_at_once() {
        assert_eq!(after(Draft, CourseAction::Publish(Gate::Open)), Some(Published));
        assert_eq!(after(Archived, CourseAction::Publish(Gate::Open)), Some(Published));
        assert_eq!(after(Published, CourseAction::Publish(Gate::Open)), None);
    }

    /// CRS-26
    #[test]
    fn with_the_gate_shut_the_way_leads_over_moderation() {
        let shut = CourseAction::Publish(Gate::Moderated);
        assert_eq!(after(Draft, shut), Some(OnModeration));
        assert_eq!(after(OnModeration, CourseAction::Reject), Some(ModerationFailed));
        assert_eq!(after(ModerationFailed, shut), Some(OnModeration));
        assert_eq!(after(OnModeration, CourseAction::Approve), Some(Published));
        assert!(!is_editable(OnModeration));
    }

    /// CRS-26
    #[test]
    fn a_course_with_students_is_archived_and_not_taken_away() {
        assert_eq!(
            after(Published, CourseAction::Unpublish { has_students: true }),
            Some(Archived)
        );
        assert_eq!(after(Published, CourseAction::Unpublish { has_students: false }), Some(Draft));
        assert!(is_open_to_students(Archived) && !is_public(Archived));
    }

    #[test]
    fn a_blocked_course_is_closed_to_all_and_comes_back_as_a_draft_only() {
        assert_eq!(after(Published, CourseAction::Block), Some(Blocked));
        assert!(!is_open_to_students(Blocked) && !is_editable(Blocked));
        assert_eq!(after(Blocked, CourseAction::Publish(Gate::Open)), None);
        assert_eq!(after(Blocked, CourseAction::Unblock), Some(Draft));
    }
}
