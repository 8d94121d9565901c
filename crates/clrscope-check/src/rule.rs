//! What a rule says.

use clrscope_analyze::Part;

use crate::pattern::Pattern;

/// The rules of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which no other rule of the file has.
    pub name: String,
    /// What it means that it fails.
    pub level: Level,
    /// What is said to a person when it fails.
    pub message: Option<String>,
    /// What it is about.
    pub subject: Subject,
    /// What that may be.
    pub limits: Vec<Limit>,
    /// Its line in the file, from 1; `None` for rules that come from no file.
    pub line: Option<usize>,
}

/// How grave it is that a rule fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// It is only said.
    Note,
    /// It is only said, and louder.
    Warning,
    /// The check fails.
    #[default]
    Error,
}

impl Level {
    /// The name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Objects by the name of their type.
    Type(Pattern),
    /// Objects of types that must be gone: none may be kept alive.
    Gone(Pattern),
    /// What static fields alone keep alive, all that fit together.
    Static(Pattern),
    /// Dynamic assemblies by the name of their maker or the shape of their names.
    Dynamic(Pattern),
    /// The operating system's handles by type, perhaps only those of owners of a type.
    Handles {
        /// Their type.
        of: Pattern,
        /// The type of their owners.
        owner: Option<Pattern>,
    },
    /// Objects that wait for finalization, by the name of their type.
    Ready(Pattern),
    /// Committed memory.
    Memory(MemoryKind),
    /// The runtime's living threads by name; those without one go by the empty name.
    Threads(Pattern),
    /// Threads that wait for each other: deadlocks.
    Deadlocks,
    /// Bytes that repeated strings waste.
    DuplicateStrings,
    /// Faults of the heap.
    Heap,
    /// Objects of one type that can be reached from somewhere.
    NoPath {
        /// From where.
        from: Origin,
        /// The type of what must not be reached.
        to: Pattern,
    },
    /// What there is more of than in the baseline: the name that grew most.
    Growth {
        /// In which part of a profile.
        part: Part,
        /// Which names.
        names: Pattern,
    },
    /// The rows of a query.
    Query(String),
}

/// A kind of committed memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryKind {
    /// Private to the process.
    Private,
    /// Of nobody that is known.
    Native,
    /// The managed heap's.
    Managed,
}

/// Where paths begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Static fields by name, those of threads too.
    Static(Pattern),
    /// Stacks of threads.
    Stack,
    /// Handles of the collector by the name of their kind: `Strong`, `Pinned`...
    Handle(Pattern),
    /// Objects by the name of their type.
    Type(Pattern),
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At most so many.
    MaxCount,
    /// At least so many.
    MinCount,
    /// At most so many bytes.
    MaxBytes,
    /// At most so many bytes that would be freed without them.
    MaxRetainedBytes,
}

impl Bound {
    /// The key in files.
    pub const fn key(self) -> &'static str {
        match self {
            Bound::MaxCount => "max_count",
            Bound::MinCount => "min_count",
            Bound::MaxBytes => "max_bytes",
            Bound::MaxRetainedBytes => "max_retained_bytes",
        }
    }

    /// How the limit bounds what is measured.
    pub const fn word(self) -> &'static str {
        match self {
            Bound::MinCount => "at least",
            _ => "at most",
        }
    }

    /// What is counted, behind a blank; empty for things.
    pub const fn unit(self) -> &'static str {
        match self {
            Bound::MaxCount | Bound::MinCount => "",
            Bound::MaxBytes => " bytes",
            Bound::MaxRetainedBytes => " bytes retained",
        }
    }
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is measured.
    pub bound: Bound,
    /// The limit itself, which is allowed.
    pub value: u64,
}

impl Rules {
    /// The rules in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.rules.iter()
    }

    /// Whether one of them needs a baseline.
    pub fn need_baseline(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.subject, Subject::Growth { .. }))
    }
}

/// Rules that are made in code, whose names should differ.
impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Rules {
        Rules { rules: rules.into_iter().collect() }
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Rule;
    type IntoIter = std::slice::Iter<'a, Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
