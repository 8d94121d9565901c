//! The metadata root and the table stream's header: where everything is.

use clrscope_memory::{Issue, IssueKind, Issues};
use thiserror::Error;

use super::heap::Heaps;
use super::table::{Column, TABLE_COUNT, TableLayout};
use super::token::TableId;

/// Why bytes are not read as metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The first four bytes are not `BSJB`.
    #[error("no metadata signature")]
    NotMetadata,
    /// There is neither a `#~` nor a `#-` stream, or it ends within its header.
    #[error("the metadata has no table stream")]
    NoTables,
}

/// What the root leads to.
#[derive(Debug)]
pub(crate) struct Root<'data> {
    pub(crate) version: &'data [u8],
    pub(crate) heaps: Heaps<'data>,
    pub(crate) tables: &'data [u8],
    pub(crate) is_uncompressed: bool,
    pdb: &'data [u8],
    /// Whether all indexes into tables are wide: a `#JTD` stream says so, in deltas of
    /// edit-and-continue.
    is_minimal_delta: bool,
}

/// ECMA-335 II.24.2.1 and II.24.2.2.
pub(crate) fn parse_root<'data>(
    bytes: &'data [u8],
    issues: &mut Issues,
) -> Result<Root<'data>, MetadataError> {
    if !bytes.starts_with(b"BSJB") {
        return Err(MetadataError::NotMetadata);
    }
    let version_length = u32_at(bytes, 12).ok_or(MetadataError::NoTables)? as usize;
    let version = bytes.get(16..).and_then(|rest| rest.get(..version_length));
    let version = version.ok_or(MetadataError::NoTables)?;
    let mut at = 16 + version_length;
    let count = u16_at(bytes, at + 2).ok_or(MetadataError::NoTables)?;
    at += 4;

    let end = version.iter().position(|&byte| byte == 0).unwrap_or(version.len());
    let mut root = Root {
        version: &version[..end],
        heaps: Heaps::default(),
        tables: &[],
        is_uncompressed: false,
        pdb: &[],
        is_minimal_delta: false,
    };
    for _ in 0..count {
        let Some((name, stream, next)) = stream(bytes, at, issues) else {
            issues.push(Issue::general(
                IssueKind::Truncated,
                format!("the metadata's list of streams ends early, at offset {at:#x} of it"),
            ));
            break;
        };
        at = next;
        let place = match name {
            b"#~" | b"#-" if root.tables.is_empty() => {
                root.is_uncompressed = name == b"#-";
                &mut root.tables
            }
            b"#Strings" => &mut root.heaps.strings,
            b"#US" => &mut root.heaps.user_strings,
            b"#Blob" => &mut root.heaps.blobs,
            b"#GUID" => &mut root.heaps.guids,
            b"#Pdb" => &mut root.pdb,
            b"#JTD" => {
                root.is_minimal_delta = true;
                continue;
            }
            // Others mean nothing to the runtime.
            _ => continue,
        };
        if place.is_empty() {
            *place = stream;
        }
    }
    if root.tables.is_empty() {
        return Err(MetadataError::NoTables);
    }
    Ok(root)
}

/// The stream whose header is at `at`: name, bytes, and where the next header is.
fn stream<'data>(
    bytes: &'data [u8],
    at: usize,
    issues: &mut Issues,
) -> Option<(&'data [u8], &'data [u8], usize)> {
    let offset = u32_at(bytes, at)? as usize;
    let size = u32_at(bytes, at + 4)? as usize;
    let name = bytes.get(at + 8..)?;
    // The standard allows 32 bytes with the zero.
    let length = name.iter().take(32).position(|&byte| byte == 0)?;
    let name = &name[..length];
    let next = at + 8 + (length + 1).next_multiple_of(4);
    let rest = bytes.get(offset..).unwrap_or(&[]);
    let stream = rest.get(..size).unwrap_or_else(|| {
        issues.push(Issue::general(
            IssueKind::Truncated,
            format!(
                "the metadata ends {} bytes before its stream {} does",
                size - rest.len(),
                String::from_utf8_lossy(name)
            ),
        ));
        rest
    });
    Some((name, stream, next))
}

/// Reads the header of the table stream and lays out the tables. ECMA-335 II.24.2.6.
pub(crate) fn lay_out(
    root: &Root<'_>,
    issues: &mut Issues,
) -> Result<[TableLayout; TABLE_COUNT], MetadataError> {
    let stream = root.tables;
    let heap_sizes = *stream.get(6).ok_or(MetadataError::NoTables)?;
    let valid = u64_at(stream, 8).ok_or(MetadataError::NoTables)?;
    let mut at = 24;
    let mut rows = [0u32; TABLE_COUNT];
    for (number, rows) in rows.iter_mut().enumerate() {
        if valid >> number & 1 != 0 {
            *rows = u32_at(stream, at).ok_or(MetadataError::NoTables)?;
            at += 4;
        }
    }
    // "Extra data": dotnet/runtime src/coreclr/md/inc/metamodel.h, CMiniMdSchemaBase::EXTRA_DATA.
    if heap_sizes & 0x40 != 0 {
        at += 4;
    }

    let mut counts = rows;
    add_referenced_rows(root.pdb, &mut counts);
    let is_wide = |column: Column| match column {
        Column::U16 => false,
        Column::U32 => true,
        Column::String => heap_sizes & 1 != 0,
        Column::Guid => heap_sizes & 2 != 0,
        Column::Blob => heap_sizes & 4 != 0,
        Column::Row(table) => {
            root.is_minimal_delta || counts[table.0 as usize % TABLE_COUNT] > 0xffff
        }
        Column::Coded(coded) => {
            let limit = 1u32 << (16 - coded.tag_bits());
            let rows = |&table: &u8| counts.get(table as usize).copied().unwrap_or(0);
            root.is_minimal_delta || coded.tables().iter().any(|table| rows(table) >= limit)
        }
    };
    let mut layouts = [TableLayout::default(); TABLE_COUNT];
    for (number, layout) in layouts.iter_mut().enumerate() {
        let table = TableId(number as u8);
        let Some(columns) = table.columns() else {
            if rows[number] > 0 {
                issues.push(Issue::general(
                    IssueKind::Unsupported,
                    format!("the metadata has an unknown table {number:#04x}; it ends there"),
                ));
                break;
            }
            continue;
        };
        *layout = TableLayout::new(columns, is_wide);
        layout.offset = at;
        let left = stream.len().saturating_sub(at) / usize::from(layout.row_size);
        layout.rows = rows[number].min(u32::try_from(left).unwrap_or(u32::MAX));
        if layout.rows < rows[number] {
            issues.push(Issue::general(
                IssueKind::Truncated,
                format!(
                    "the metadata ends within its table {table:?}: {} rows of {}",
                    layout.rows, rows[number]
                ),
            ));
            break;
        }
        at += usize::from(layout.row_size) * layout.rows as usize;
    }
    Ok(layouts)
}

/// Symbols have no type tables of their own, but their indexes are as wide as the module's: their
/// `#Pdb` stream says how many rows the module has. An identity of 20 bytes, the entry point, a bit for
/// each table, the numbers of rows.
fn add_referenced_rows(pdb: &[u8], rows: &mut [u32; TABLE_COUNT]) {
    let Some(referenced) = u64_at(pdb, 24) else { return };
    let mut at = 32;
    for (number, rows) in rows.iter_mut().enumerate() {
        if referenced >> number & 1 != 0 {
            let Some(count) = u32_at(pdb, at) else { return };
            *rows = (*rows).max(count);
            at += 4;
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}
