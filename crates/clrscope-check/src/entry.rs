//! A rule as a file has it, and what is wrong with it.

use std::collections::BTreeSet;

use clrscope_analyze::Part;
use serde::Deserialize;
use toml::Spanned;

use crate::pattern::Pattern;
use crate::rule::{Bound, Level, Limit, MemoryKind, Origin, Rule, Rules, Subject};

/// Why a rule file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", .line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct RuleError {
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// What is wrong: one clause.
    pub message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Spanned<Entry>>,
}

/// A rule: its name, exactly one subject, and limits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    severity: Severity,
    message: Option<String>,

    #[serde(rename = "type")]
    ty: Option<String>,
    alive: Option<bool>,
    #[serde(rename = "static")]
    field: Option<String>,
    dynamic: Option<String>,
    handles: Option<String>,
    owner: Option<String>,
    ready: Option<String>,
    memory: Option<Memory>,
    threads: Option<String>,
    deadlocks: Option<bool>,
    duplicate_strings: Option<bool>,
    heap: Option<Heap>,
    no_path: Option<NoPath>,
    growth: Option<Growth>,
    query: Option<String>,

    max_count: Option<u64>,
    min_count: Option<u64>,
    max_bytes: Option<Size>,
    max_retained_bytes: Option<Size>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Note,
    Warning,
    #[default]
    Error,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Memory {
    Private,
    Native,
    Managed,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Heap {
    Valid,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoPath {
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Growth {
    of: GrowthOf,
    #[serde(default = "anything")]
    name: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrowthOf {
    Types,
    Alive,
    Statics,
    Dynamic,
    Handles,
    HandleOwners,
    Ready,
    Account,
}

fn anything() -> String {
    "*".to_owned()
}

/// A number of bytes, or a text such as `16MB`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    Bytes(u64),
    Text(String),
}

impl Size {
    fn bytes(&self) -> Result<u64, String> {
        let text = match self {
            Size::Bytes(bytes) => return Ok(*bytes),
            Size::Text(text) => text.trim(),
        };
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        let shift = match unit.trim().to_ascii_uppercase().as_str() {
            "" | "B" => 0,
            "K" | "KB" | "KIB" => 10,
            "M" | "MB" | "MIB" => 20,
            "G" | "GB" | "GIB" => 30,
            _ => {
                return Err(format!(
                    "{text:?} is no size: write 65536, \"64KB\", \"16MB\" or \"1GB\""
                ));
            }
        };
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
        bytes.ok_or_else(|| format!("{text:?} is no size, or too large"))
    }
}

impl Rules {
    /// Reads a rule file.
    ///
    /// # Errors
    /// If it is no TOML, has keys that are not known, or a rule that makes no sense. The error says where.
    pub fn parse(text: &str) -> Result<Rules, RuleError> {
        let line_of =
            |offset: usize| text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1;
        let file: File = toml::from_str(text).map_err(|error| RuleError {
            line: error.span().map(|span| line_of(span.start)),
            message: error.message().trim().to_owned(),
        })?;
        let mut names = BTreeSet::new();
        let mut rules = Vec::new();
        for entry in file.rule {
            let line = Some(line_of(entry.span().start));
            let rule =
                entry.into_inner().rule(line).map_err(|message| RuleError { line, message })?;
            if !names.insert(rule.name.clone()) {
                let message = format!("two rules are called {:?}", rule.name);
                return Err(RuleError { line, message });
            }
            rules.push(rule);
        }
        if rules.is_empty() {
            return Err(RuleError { line: None, message: "there is no [[rule]]".to_owned() });
        }
        Ok(rules.into_iter().collect())
    }
}

impl Entry {
    fn rule(self, line: Option<usize>) -> Result<Rule, String> {
        let name = self.name.clone();
        let level = match self.severity {
            Severity::Note => Level::Note,
            Severity::Warning => Level::Warning,
            Severity::Error => Level::Error,
        };
        let message = self.message.clone();
        let subject = self.subject()?;
        let mut limits = Vec::new();
        let mut limit = |bound, value: Option<u64>| {
            limits.extend(value.map(|value| Limit { bound, value }));
        };
        limit(Bound::MaxCount, self.max_count);
        limit(Bound::MinCount, self.min_count);
        limit(Bound::MaxBytes, self.max_bytes.as_ref().map(Size::bytes).transpose()?);
        let retained = self.max_retained_bytes.as_ref().map(Size::bytes).transpose()?;
        limit(Bound::MaxRetainedBytes, retained);

        let allowed = allowed(&subject);
        if let Some(limit) = limits.iter().find(|limit| !allowed.contains(&limit.bound)) {
            return Err(format!("{} says nothing in the rule {name:?}", limit.bound.key()));
        }
        if limits.is_empty() {
            match implied(&subject) {
                Some(implied) => limits.push(implied),
                None => {
                    let keys: Vec<&str> = allowed.iter().map(|bound| bound.key()).collect();
                    return Err(format!("the rule {name:?} needs a limit: {}", keys.join(", ")));
                }
            }
        }
        Ok(Rule { name, level, message, subject, limits, line })
    }

    /// The one thing that the rule is about.
    fn subject(&self) -> Result<Subject, String> {
        let name = &self.name;
        let pattern = |text: &String| Pattern::new(text.as_str());
        let mut found: Vec<(&str, Subject)> = Vec::new();
        let mut add = |key: &'static str, subject: Option<Subject>| {
            found.extend(subject.map(|subject| (key, subject)));
        };
        add(
            "type",
            self.ty.as_ref().map(|ty| match self.alive {
                Some(false) => Subject::Gone(pattern(ty)),
                _ => Subject::Type(pattern(ty)),
            }),
        );
        add("static", self.field.as_ref().map(|field| Subject::Static(pattern(field))));
        add("dynamic", self.dynamic.as_ref().map(|maker| Subject::Dynamic(pattern(maker))));
        add(
            "handles",
            self.handles.as_ref().map(|of| Subject::Handles {
                of: pattern(of),
                owner: self.owner.as_ref().map(pattern),
            }),
        );
        add("ready", self.ready.as_ref().map(|ty| Subject::Ready(pattern(ty))));
        add("memory", self.memory.map(|kind| Subject::Memory(kind.into())));
        add("threads", self.threads.as_ref().map(|name| Subject::Threads(pattern(name))));
        add("deadlocks", self.deadlocks.map(|_| Subject::Deadlocks));
        add("duplicate_strings", self.duplicate_strings.map(|_| Subject::DuplicateStrings));
        add("heap", self.heap.map(|Heap::Valid| Subject::Heap));
        if let Some(NoPath { from, to }) = &self.no_path {
            let from = origin(from).map_err(|why| format!("{why} in the rule {name:?}"))?;
            add("no_path", Some(Subject::NoPath { from, to: pattern(to) }));
        }
        if let Some(Growth { of, name }) = &self.growth {
            add("growth", Some(Subject::Growth { part: (*of).into(), names: pattern(name) }));
        }
        add("query", self.query.clone().map(Subject::Query));

        for (key, value, wanted) in [
            ("deadlocks", self.deadlocks, false),
            ("alive", self.alive, false),
            ("duplicate_strings", self.duplicate_strings, true),
        ] {
            if value == Some(!wanted) {
                return Err(format!("{key} = {} says nothing in the rule {name:?}", !wanted));
            }
        }
        if self.alive.is_some() && self.ty.is_none() {
            return Err(format!("alive needs a type in the rule {name:?}"));
        }
        if self.owner.is_some() && self.handles.is_none() {
            return Err(format!("owner needs handles in the rule {name:?}"));
        }
        let keys: Vec<&str> = found.iter().map(|(key, _)| *key).collect();
        match (found.pop(), found.is_empty()) {
            (Some((_, subject)), true) => Ok(subject),
            (Some(_), false) => {
                Err(format!("the rule {name:?} is about several things: {}", keys.join(", ")))
            }
            (None, _) => Err(format!(
                "the rule {name:?} is about nothing: give type, static, dynamic, handles, ready, memory, \
                 threads, deadlocks, duplicate_strings, heap, no_path, growth or query"
            )),
        }
    }
}

/// What can be measured of a subject.
fn allowed(subject: &Subject) -> &'static [Bound] {
    use Bound::{MaxBytes, MaxCount, MaxRetainedBytes, MinCount};
    match subject {
        Subject::Type(_) => &[MaxCount, MinCount, MaxBytes, MaxRetainedBytes],
        Subject::Static(_) => &[MaxRetainedBytes],
        Subject::Dynamic(_) | Subject::Growth { .. } => &[MaxCount, MaxBytes],
        Subject::Handles { .. }
        | Subject::Ready(_)
        | Subject::Threads(_)
        | Subject::Deadlocks
        | Subject::Gone(_)
        | Subject::Heap
        | Subject::NoPath { .. }
        | Subject::Query(_) => &[MaxCount],
        Subject::Memory(_) | Subject::DuplicateStrings => &[MaxBytes],
    }
}

/// The limit of a subject that needs none to be given: there must be nothing of it.
fn implied(subject: &Subject) -> Option<Limit> {
    let nothing = matches!(
        subject,
        Subject::Gone(_)
            | Subject::Deadlocks
            | Subject::Heap
            | Subject::NoPath { .. }
            | Subject::Query(_)
    );
    nothing.then_some(Limit { bound: Bound::MaxCount, value: 0 })
}

/// `static *.Cache`, `stack`, `handle Strong`, `type MyApp.*`; without a word before it, a type. A word that is
/// none of these is an error: as the name of a type it would fit nothing, and every rule with it would pass.
fn origin(text: &str) -> Result<Origin, String> {
    let text = text.trim();
    let (word, rest) = text.split_once(' ').unwrap_or((text, "*"));
    let pattern = Pattern::new(rest.trim());
    Ok(match word {
        "static" => Origin::Static(pattern),
        "handle" => Origin::Handle(pattern),
        "type" => Origin::Type(pattern),
        "stack" if rest == "*" => Origin::Stack,
        // The names of types that have blanks have them between brackets.
        _ if word == text || word.contains(['<', '[', '(']) => Origin::Type(Pattern::new(text)),
        _ => return Err(format!("{text:?} begins with none of static, stack, handle, type")),
    })
}

impl From<Memory> for MemoryKind {
    fn from(kind: Memory) -> Self {
        match kind {
            Memory::Private => MemoryKind::Private,
            Memory::Native => MemoryKind::Native,
            Memory::Managed => MemoryKind::Managed,
        }
    }
}

impl From<GrowthOf> for Part {
    fn from(of: GrowthOf) -> Self {
        match of {
            GrowthOf::Types => Part::Types,
            GrowthOf::Alive => Part::Alive,
            GrowthOf::Statics => Part::Statics,
            GrowthOf::Dynamic => Part::Dynamic,
            GrowthOf::Handles => Part::Handles,
            GrowthOf::HandleOwners => Part::HandleOwners,
            GrowthOf::Ready => Part::Ready,
            GrowthOf::Account => Part::Account,
        }
    }
}

#[cfg(test)]
mod tests;
