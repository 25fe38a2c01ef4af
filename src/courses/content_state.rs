//! How far the content of a lesson has come: `drafted → submitted → processed → done`. Pure.
//!
//! - *drafted*: the author has not handed anything over.
//! - *submitted*: handed over; the file waits for the server. From here on a delay is the server's,
//!   not the author's (cohort deadlines look at this).
//! - *processed*: in process, and already watchable.
//! - *done*: everything is stored. A text is done as soon as it is submitted.

use super::model::{ContentState, LessonKind};

/// What happens to a lesson's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentEvent {
    /// The author hands it over: a finished upload, or a text.
    Submitted,
    /// The first rendition can be watched.
    Watchable,
    /// All renditions are stored.
    Processed,
    /// The file cannot be used, or its processing was cancelled.
    Failed,
    /// The author took the content away.
    Withdrawn,
}

/// Where the content stands after `event`, or `None` when nothing changes: facts may come late,
/// twice or in another order. Facts about a video that the lesson does not show are not asked here.
pub fn after(kind: LessonKind, state: ContentState, event: ContentEvent) -> Option<ContentState> {
    use ContentState::{Done, Drafted, Processed, Submitted};
    let next = match (kind, event) {
        (_, ContentEvent::Withdrawn) => Drafted,
        (LessonKind::Text, ContentEvent::Submitted) => Done,
        (LessonKind::Text, _) => return None,
        // A new file starts over, whatever the old one had reached.
        (LessonKind::Video, ContentEvent::Submitted) => Submitted,
        // From drafted too: a video that failed may be tried again, and then go through.
        (LessonKind::Video, ContentEvent::Watchable) if state != Done => Processed,
        (LessonKind::Video, ContentEvent::Processed) => Done,
        (LessonKind::Video, ContentEvent::Failed) if state != Done => Drafted,
        (LessonKind::Video, _) => return None,
    };
    (next != state).then_some(next)
}

/// Whether learners can take the lesson in this state.
pub fn is_ready(state: ContentState) -> bool {
    matches!(state, ContentState::Processed | ContentState::Done)
}

#[cfg(test)]
mod tests {
    use super::ContentEvent::{
        Failed, Processed as Transcoded, Submitted as Handed, Watchable, Withdrawn,
    };
    use super::*;
    use ContentState::{Done, Drafted, Processed, Submitted};

    fn run(kind: LessonKind, events: &[ContentEvent]) -> ContentState {
        events.iter().fold(Drafted, |state, event| after(kind, state, *event).unwrap_or(state))
    }

    /// CRS-18 COH-06
    #[test]
    fn a_video_goes_from_drafted_over_submitted_and_processed_to_done() {
        assert_eq!(run(LessonKind::Video, &[Handed]), Submitted);
        assert_eq!(run(LessonKind::Video, &[Handed, Watchable]), Processed);
        assert_eq!(run(LessonKind::Video, &[Handed, Watchable, Transcoded]), Done);
    }

    #[test]
    fn late_and_repeated_facts_take_nothing_back() {
        assert_eq!(run(LessonKind::Video, &[Handed, Transcoded, Watchable]), Done);
        assert_eq!(run(LessonKind::Video, &[Handed, Transcoded, Transcoded, Failed]), Done);
        assert_eq!(
            run(LessonKind::Video, &[Handed, Failed, Watchable, Transcoded]),
            Done,
            "tried again"
        );
    }

    #[test]
    fn a_failed_or_withdrawn_video_is_a_draft_again_and_a_new_file_starts_over() {
        assert_eq!(run(LessonKind::Video, &[Handed, Failed]), Drafted);
        assert_eq!(run(LessonKind::Video, &[Handed, Transcoded, Withdrawn]), Drafted);
        assert_eq!(run(LessonKind::Video, &[Handed, Transcoded, Handed]), Submitted);
    }

    #[test]
    fn a_text_is_done_when_submitted_and_hears_nothing_of_videos() {
        assert_eq!(run(LessonKind::Text, &[Handed]), Done);
        assert_eq!(run(LessonKind::Text, &[Watchable, Transcoded]), Drafted);
        assert_eq!(run(LessonKind::Text, &[Handed, Withdrawn]), Drafted);
    }
}
