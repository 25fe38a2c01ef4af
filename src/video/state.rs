//! The states of a video and what moves it from one to the next. Pure: the rows are changed by
//! whoever asked, in the transaction in which it asked.

use serde::{Deserialize, Serialize};

/// How often a job may end without having come further before the video counts as failed.
pub const MAX_ATTEMPTS: i32 = 3;

/// Where a video stands (MED-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VideoState {
    /// The file is still coming.
    Uploading,
    /// The file is whole; a worker will take it.
    Queued,
    /// A worker looks into the file.
    Probing,
    /// Renditions are being made.
    Transcoding,
    /// Every rendition is published.
    Ready,
    /// Ended with an error that the author is told.
    Failed,
    /// Stopped by the author.
    Cancelled,
}

/// What can happen to a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The last byte of the upload is in the store and the file is of an accepted type.
    UploadFinished,
    /// The upload expired, was ended, or its type was refused.
    UploadLost,
    /// A worker takes the video; `attempts` ended without a word before.
    Claimed {
        /// Runs lost so far.
        attempts: i32,
    },
    /// The probe accepted the file.
    Probed,
    /// Everything is in the store.
    Published,
    /// The worker found the file unusable: trying again would end the same way.
    Refused,
    /// A run was lost; with this one, `attempts` of them.
    Crashed {
        /// Runs lost so far, this one included.
        attempts: i32,
    },
    /// The worker gives the video back because the server stops.
    Released,
    /// The author stops it.
    Cancelled,
    /// The author asks again; `last_was_final` when the error was a refusal.
    Retried {
        /// Whether the last error was a refusal of the file itself.
        last_was_final: bool,
    },
}

/// A move that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a video that is {from:?} does not accept {happening:?}")]
pub struct Refusal {
    /// Where it stands.
    pub from: VideoState,
    /// What was asked.
    pub happening: Happening,
}

impl VideoState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Uploading,
        Self::Queued,
        Self::Probing,
        Self::Transcoding,
        Self::Ready,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The name in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Queued => "queued",
            Self::Probing => "probing",
            Self::Transcoding => "transcoding",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether a worker holds it.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Probing | Self::Transcoding)
    }

    /// Where `happening` leads.
    ///
    /// # Errors
    /// [`Refusal`] when it cannot happen here; the caller answers 409 or leaves the row alone.
    pub fn after(self, happening: Happening) -> Result<Self, Refusal> {
        use Happening as H;
        let next = match (self, happening) {
            (Self::Uploading, H::UploadFinished) => Self::Queued,
            (Self::Uploading, H::UploadLost) => Self::Failed,
            (Self::Queued, H::Claimed { .. }) => Self::Probing,
            // A claim of a running video: its lease ran out, so its worker is gone.
            (Self::Probing | Self::Transcoding, H::Claimed { attempts })
                if attempts < MAX_ATTEMPTS =>
            {
                Self::Probing
            }
            (Self::Probing, H::Probed) => Self::Transcoding,
            (Self::Transcoding, H::Published) => Self::Ready,
            (Self::Probing | Self::Transcoding, H::Refused) => Self::Failed,
            (Self::Probing | Self::Transcoding, H::Crashed { attempts }) => {
                if attempts < MAX_ATTEMPTS { Self::Queued } else { Self::Failed }
            }
            (Self::Probing | Self::Transcoding, H::Released) => Self::Queued,
            (Self::Uploading | Self::Queued | Self::Probing | Self::Transcoding, H::Cancelled) => {
                Self::Cancelled
            }
            (Self::Failed, H::Retried { last_was_final: false }) => Self::Queued,
            (Self::Cancelled, H::Retried { .. }) => Self::Queued,
            (from, happening) => return Err(Refusal { from, happening }),
        };
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MED-02 JOB-02
    #[test]
    fn a_video_goes_from_upload_to_ready() {
        let mut state = VideoState::Uploading;
        for happening in [
            Happening::UploadFinished,
            Happening::Claimed { attempts: 0 },
            Happening::Probed,
            Happening::Published,
        ] {
            state = state.after(happening).unwrap();
        }
        assert_eq!(state, VideoState::Ready);
    }

    /// JOB-02
    #[test]
    fn a_lost_run_is_tried_again_until_the_third() {
        for from in [VideoState::Probing, VideoState::Transcoding] {
            for (attempts, next) in
                [(1, VideoState::Queued), (2, VideoState::Queued), (3, VideoState::Failed)]
            {
                assert_eq!(from.after(Happening::Crashed { attempts }), Ok(next));
            }
        }
    }

    #[test]
    fn a_refused_file_is_not_tried_again_and_a_crashed_one_may_be() {
        let again =
            |last_was_final| VideoState::Failed.after(Happening::Retried { last_was_final }).ok();
        assert_eq!(again(true), None);
        assert_eq!(again(false), Some(VideoState::Queued));
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            Just(Happening::UploadFinished),
            Just(Happening::UploadLost),
            (0..5i32).prop_map(|attempts| Happening::Claimed { attempts }),
            Just(Happening::Probed),
            Just(Happening::Published),
            Just(Happening::Refused),
            (1..5i32).prop_map(|attempts| Happening::Crashed { attempts }),
            Just(Happening::Released),
            Just(Happening::Cancelled),
            any::<bool>().prop_map(|last_was_final| Happening::Retried { last_was_final }),
        ]
    }

    proptest! {
        #[test]
        fn only_a_whole_run_makes_a_video_ready(steps in prop::collection::vec(happening(), 0..40)) {
            let mut state = VideoState::Uploading;
            for step in steps {
                let before = state;
                state = state.after(step).unwrap_or(state);
                if state == VideoState::Ready && before != VideoState::Ready {
                    prop_assert_eq!((before, step), (VideoState::Transcoding, Happening::Published));
                }
                // Ready is the end of this context's road.
                prop_assert!(before != VideoState::Ready || state == VideoState::Ready);
            }
        }
    }

    #[test]
    fn names_go_there_and_back() {
        for state in VideoState::ALL {
            assert_eq!(VideoState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
