//! Where the runtime keeps its fields. The runtime says it only in part, so offsets are data: layers
//! fill one model, strongest first; later layers fill what is missing and check what is there.

mod contract;
mod dac_table;
mod gc_dac_vars;
mod globals;
mod signature;

mod source;
mod tables;

use std::collections::BTreeMap;

use clrscope_memory::{Issue, IssueKind, Issues};

pub use self::contract::Contract;
pub use self::dac_table::DacTable;
pub use self::gc_dac_vars::{GcDacVars, GcVar};
pub use self::globals::{Global, GlobalValue, Globals};
pub(crate) use self::signature::find_gc_dac_vars;
pub use self::source::{LayoutMode, Source};
pub(crate) use self::tables::{BuiltIn, built_in, fill_common};

/// Where one field of one structure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldOffset {
    /// Bytes from the start of the structure.
    pub offset: u64,
    /// Who says so.
    pub source: Source,
}

/// Why a structure cannot be read: no layer knows where its field is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the layout of this runtime does not say where {structure}.{field} is")]
pub struct MissingField {
    /// The structure's name.
    pub structure: String,
    /// The field's name.
    pub field: String,
}

/// Offsets of fields and sizes of structures, by name, each with its source. The names are those of
/// the runtime's own data descriptors where these have the field
/// (dotnet/runtime, docs/design/datacontracts).
///
/// Looking a name up is for set-up only: code that reads many structures resolves its offsets once.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    structures: BTreeMap<String, Structure>,
}

#[derive(Debug, Clone, Default)]
struct Structure {
    size: Option<FieldOffset>,
    fields: BTreeMap<String, FieldOffset>,
}

/// How far into a structure a field can be, and how large a structure.
const MAX_OFFSET: u64 = 1 << 24;

impl Layout {
    /// A layout that knows nothing.
    pub fn new() -> Layout {
        Layout::default()
    }

    /// Bytes from the start of `structure` to `field`.
    pub fn offset(&self, structure: &str, field: &str) -> Option<u64> {
        self.field(structure, field).map(|field| field.offset)
    }

    /// Bytes from the start of `structure` to `field`, or an error that names both.
    pub fn require(&self, structure: &str, field: &str) -> Result<u64, MissingField> {
        self.offset(structure, field)
            .ok_or_else(|| MissingField { structure: structure.into(), field: field.into() })
    }

    /// Where `field` of `structure` is, and who says so.
    pub fn field(&self, structure: &str, field: &str) -> Option<FieldOffset> {
        self.structures.get(structure)?.fields.get(field).copied()
    }

    /// Size of `structure` in bytes.
    pub fn size(&self, structure: &str) -> Option<u64> {
        self.structures.get(structure)?.size.map(|size| size.offset)
    }

    /// Size of `structure` in bytes, or an error that names it.
    pub fn require_size(&self, structure: &str) -> Result<u64, MissingField> {
        self.size(structure)
            .ok_or_else(|| MissingField { structure: structure.into(), field: "!".into() })
    }

    /// Everything known: structure, field, place. Sizes come as the field `!`, as the data
    /// descriptors spell it. In order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, FieldOffset)> {
        self.structures.iter().flat_map(|(name, structure)| {
            let size = structure.size.map(|size| (name.as_str(), "!", size));
            let fields = structure.fields.iter();
            size.into_iter()
                .chain(fields.map(move |(field, place)| (name.as_str(), field.as_str(), *place)))
        })
    }

    /// Adds what a layer knows, but what is absurd, which is an issue: sums and products of places need no
    /// more than 64 bits. The field `!` is the structure's size. What a stronger layer said
    /// stays; if the two differ, that is an issue.
    pub fn add(
        &mut self,
        structure: &str,
        field: &str,
        offset: u64,
        source: Source,
        issues: &mut Issues,
    ) {
        if offset > MAX_OFFSET {
            issues.push(Issue::general(
                IssueKind::BadValue,
                format!("{structure}.{field} cannot be at {offset:#x}, as {source} says"),
            ));
            return;
        }
        let place = FieldOffset { offset, source };
        let entry = self.structures.entry(structure.to_owned()).or_default();
        let existing = if field == "!" {
            *entry.size.get_or_insert(place)
        } else {
            *entry.fields.entry(field.to_owned()).or_insert(place)
        };
        if existing.offset != offset {
            issues.push(Issue::general(
                IssueKind::Disagreement,
                format!(
                    "{structure}.{field} is at {:#x} by {}, at {offset:#x} by {source}; the first is kept",
                    existing.offset, existing.source
                ),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_layer_stays_and_a_difference_is_reported() {
        let mut layout = Layout::new();
        let mut issues = Issues::new();
        layout.add("Thread", "Id", 16, Source::Contract, &mut issues);
        layout.add("Thread", "Id", 16, Source::Table("a"), &mut issues);
        assert!(issues.is_empty());
        layout.add("Thread", "Id", 20, Source::Table("a"), &mut issues);
        assert_eq!(layout.offset("Thread", "Id"), Some(16));
        assert_eq!(issues.iter().next().map(|issue| issue.kind), Some(IssueKind::Disagreement));
    }

    #[test]
    fn a_missing_field_is_named() {
        let error = Layout::new().require("Thread", "Id").unwrap_err();
        assert_eq!(error.to_string(), "the layout of this runtime does not say where Thread.Id is");
    }
}
