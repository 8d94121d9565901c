//! The operating system's handles of the process, by the type of what they refer to.

use std::collections::BTreeMap;

use clrscope_memory::{Grouped, Issue, IssueKind, Issues};
use clrscope_minidump::{Handle, Minidump, StreamType, WideStr};

/// What a handle is called whose type the dump does not name.
pub const UNKNOWN_HANDLE_TYPE: &str = "<Unknown type>";

/// The handles that the dump lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OsHandles {
    /// The number of each handle and the place of its type in `types`; in order of number.
    pub handles: Vec<(u64, usize)>,
    /// The types, in order of name.
    pub types: Vec<OsHandleType>,
}

/// All handles of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsHandleType {
    /// `Event`, `File`, `Thread`...
    pub name: String,
    /// How many handles.
    pub count: u64,
}

impl OsHandles {
    /// The place in [`OsHandles::types`] of the type of the handle with a number; `None`, if the
    /// process has no such handle.
    pub fn type_of(&self, value: u64) -> Option<usize> {
        let at = self.handles.binary_search_by_key(&value, |&(value, _)| value).ok()?;
        self.handles.get(at).map(|&(_, ty)| ty)
    }
}

/// A handle, as the dump lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsHandleDetail {
    /// Its number.
    pub value: u64,
    /// `Event`, `File`, `Thread`...; `None` if the dump does not name it.
    pub type_name: Option<String>,
    /// The name of what it refers to, if that has one.
    pub object_name: Option<String>,
    /// How many handles refer to the same, in all processes.
    pub handle_count: u32,
    /// How many references there are to the same, those of handles included.
    pub pointer_count: u32,
    /// What it may be used for, as `ACCESS_MASK`.
    pub granted_access: u32,
}

/// The handles one by one, in the dump's order. Names that cannot be read are left out: [`os_handles`]
/// says which.
pub fn os_handle_details(dump: &Minidump<'_>) -> Vec<OsHandleDetail> {
    let detail = |handle: Handle<'_>| {
        let text = |text: Result<Option<WideStr<'_>>, Issue>| {
            let text = text.ok().flatten().map(|text| text.to_string());
            text.filter(|text| !text.is_empty())
        };
        OsHandleDetail {
            value: handle.value(),
            type_name: text(handle.type_name()),
            object_name: text(handle.object_name()),
            handle_count: handle.handle_count(),
            pointer_count: handle.pointer_count(),
            granted_access: handle.granted_access(),
        }
    };
    dump.handles().value.iter().map(detail).collect()
}

/// Reads the list of handles; `None`, if the dump was written without it. What was wrong is added to
/// `issues`.
pub fn os_handles(dump: &Minidump<'_>, issues: &mut Issues) -> Option<OsHandles> {
    dump.stream(StreamType::HANDLE_DATA)?;
    let list = dump.handles().take(issues);
    let mut by_type: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    // The writer stores the name of a type anew for each handle.
    for handle in list.iter() {
        let name = match handle.type_name() {
            Ok(name) => name.map(|name| name.to_string()),
            Err(issue) => {
                issues.push(issue);
                None
            }
        };
        let name = name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| UNKNOWN_HANDLE_TYPE.to_owned());
        match by_type.get_mut(&name) {
            Some(values) => values.push(handle.value()),
            None => {
                by_type.insert(name, vec![handle.value()]);
            }
        }
    }
    let mut found = OsHandles::default();
    for (index, (name, values)) in by_type.into_iter().enumerate() {
        found.types.push(OsHandleType { name, count: values.len() as u64 });
        found.handles.extend(values.into_iter().map(|value| (value, index)));
    }
    found.handles.sort_unstable();
    let listed = found.handles.len();
    found.handles.dedup_by_key(|&mut (value, _)| value);
    if found.handles.len() < listed {
        let twice = listed - found.handles.len();
        issues.push(Issue::general(
            IssueKind::Overlap,
            format!("{} handles are listed twice", Grouped(twice as u64)),
        ));
    }
    Some(found)
}
