//! The envelope of every JSON answer: which tool, which dump, which runtime, and whether the answer is
//! complete.

use clrscope_memory::{Issue, Issues};
use serde::Serialize;

use crate::number::Address;

/// The version of the JSON schema. Within a version, fields may be added; none is removed or renamed.
pub const SCHEMA_VERSION: u32 = 1;

/// What wrote an answer.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Which dump an answer is about.
#[derive(Debug, Clone, Serialize)]
pub struct DumpIdentity {
    /// Path as it was given.
    pub path: String,
    /// Bytes of the dump itself, decompressed.
    pub bytes: u64,
    /// Container format.
    pub format: &'static str,
    /// Operating system of the process.
    pub os: String,
    /// Architecture of the process.
    pub arch: String,
    /// Pointer width of the process.
    pub pointer_bits: u32,
    /// When the dump was taken, by RFC 3339.
    pub time: Option<String>,
    /// Number of the process.
    pub process_id: Option<u32>,
    /// The container's flags.
    pub flags: Option<Address>,
}

/// How many offsets of a runtime's structures came from each source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LayoutSources {
    /// The runtime's own contract descriptor.
    pub contract: u64,
    /// The runtime's `GcDacVars`.
    pub gcdacvars: u64,
    /// A built-in table.
    pub table: u64,
    /// Inferred from invariants.
    pub inferred: u64,
    /// The shape of objects alone.
    pub structural: u64,
}

/// Which runtime of the process an answer is about.
#[derive(Debug, Clone, Serialize)]
pub struct RuntimeIdentity {
    /// Its number in the process, from zero: what `--runtime` takes.
    pub index: usize,
    /// `core`, `framework`, ...
    pub flavor: String,
    /// Its version, as its makers count it.
    pub version: String,
    /// The version of its module's file.
    pub file_version: String,
    /// Path of its module.
    pub module: String,
    /// Address of its module.
    pub base: Address,
    /// Whether it runs the server GC; absent if its heap cannot be read.
    pub server_gc: Option<bool>,
    /// How many heaps it has.
    pub heaps: Option<u64>,
    /// Whether its heaps are made of regions.
    pub regions: Option<bool>,
    /// How its layout is known.
    pub layout_sources: LayoutSources,
}

/// Something that was found to be wrong.
#[derive(Debug, Clone, Serialize)]
pub struct IssueEntry {
    /// What sort of thing.
    pub kind: &'static str,
    /// Where: an address, an offset of the file behind `file:`, or `-`.
    pub at: String,
    /// One clause.
    pub message: String,
}

impl From<&Issue> for IssueEntry {
    fn from(issue: &Issue) -> Self {
        IssueEntry {
            kind: issue.kind.name(),
            at: issue.place.to_string(),
            message: issue.message.clone(),
        }
    }
}

/// A JSON answer.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope<'a, D> {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What wrote it.
    pub tool: &'a Tool,
    /// The dump that it is about.
    pub dump: &'a DumpIdentity,
    /// All dumps, if it is about several: `dump` is the first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub dumps: &'a [DumpIdentity],
    /// The runtime that it is about, if one was chosen.
    pub runtime: Option<&'a RuntimeIdentity>,
    /// Whether nothing is missing from it.
    pub complete: bool,
    /// What was wrong on the way.
    pub issues: Vec<IssueEntry>,
    /// Issues that were counted but not kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub issues_dropped: u64,
    /// The answer.
    pub data: &'a D,
}

impl<'a, D> Envelope<'a, D> {
    /// An envelope around `data`.
    pub fn new(
        tool: &'a Tool,
        dump: &'a DumpIdentity,
        runtime: Option<&'a RuntimeIdentity>,
        complete: bool,
        issues: &Issues,
        data: &'a D,
    ) -> Self {
        Envelope {
            schema_version: SCHEMA_VERSION,
            tool,
            dump,
            dumps: &[],
            runtime,
            complete,
            issues: issues.iter().map(IssueEntry::from).collect(),
            issues_dropped: issues.dropped(),
            data,
        }
    }

    /// The same about several dumps, of which the first is `dump`.
    #[must_use]
    pub fn with_dumps(mut self, dumps: &'a [DumpIdentity]) -> Self {
        self.dumps = dumps;
        self
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
