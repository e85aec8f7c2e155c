//! The nouns of the design: ids, turns, sessions, evidence, notes and their entries, changes, trailers. Pure data with
//! parsers and renderers that are each other's inverse. It knows nothing of git, files or engines.

pub mod change;
pub mod document;
pub mod epoch;
pub mod evidence;
pub mod front;
pub mod id;
pub mod moment;
pub mod note;
pub mod opinion;
pub mod session;
pub mod tombstone;
pub mod trailer;
pub mod turn;

pub use change::{
    Belief, Change, ChangeType, Confidence, Edit, Kind, Phase, Proposal, RetireReason, Risk, Support, Target,
};
pub use document::{Document, EntryEdit, EntryError};
pub use evidence::Evidence;
pub use id::{AgentName, BeliefKey, DreamId, IdError, NotePath, ObjectId, SessionId};
pub use moment::Moment;
pub use opinion::{Opinion, Verdict};
pub use session::{Expired, Former, Host, Outcome, OutcomeResult, Part, Removal, SessionRecord, SessionVersion};
pub use tombstone::Tombstone;
pub use trailer::Trailers;
pub use turn::{Content, Lines, Place, Role, Status, ToolCall, ToolResult, Turn};
