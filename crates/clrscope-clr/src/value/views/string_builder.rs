//! `System.Text.StringBuilder`: a list of chunks, the last first. `System/Text/StringBuilder.cs` of
//! System.Private.CoreLib.

use rustc_hash::FxHashSet;
use zerocopy::little_endian::U16;

use super::{Fact, Facts};
use crate::value::object::ObjectRef;

pub(super) const TYPES: &[&str] = &["System.Text.StringBuilder"];
const CHARACTERS: &str = "m_ChunkChars";
const PREVIOUS: &str = "m_ChunkPrevious";
const LENGTH: &str = "m_ChunkLength";
/// Characters in the chunks before.
const OFFSET: &str = "m_ChunkOffset";

/// Characters that a view shows for each element that lists may have.
const CHARACTERS_PER_LIMIT: usize = 256;

/// A string that is being put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringBuilderView {
    /// UTF-16 units in all chunks.
    pub length: u64,
    /// Units that all chunks have room for.
    pub capacity: u64,
    /// Number of chunks.
    pub chunks: u64,
    /// The units from the start on, as many as were asked for. What cannot be read is left out.
    pub units: Vec<u16>,
}

impl StringBuilderView {
    /// The units as text; unpaired surrogates become replacement characters.
    pub fn text(&self) -> String {
        String::from_utf16_lossy(&self.units)
    }

    /// Whether the units are all that there are.
    pub fn is_complete(&self) -> bool {
        self.units.len() as u64 == self.length
    }
}

impl<'data> ObjectRef<'_, 'data> {
    /// The string builder that this object is, with at most `limit` UTF-16 units.
    pub fn as_string_builder(&self, limit: usize) -> Option<StringBuilderView> {
        if !self.is_one_of(TYPES) {
            return None;
        }
        let number = |chunk: &ObjectRef<'_, 'data>, name| chunk.field(name)?.as_u64();
        let length = number(self, LENGTH)?.checked_add(number(self, OFFSET)?)?;
        let mut view = StringBuilderView { length, capacity: 0, chunks: 0, units: Vec::new() };
        // From the last chunk to the first: those that hold the wanted units are kept.
        let mut pieces: Vec<&'data [U16]> = Vec::new();
        let mut chunk = Some(self.clone());
        let mut seen = FxHashSet::default();
        while let Some(at) = chunk.filter(|chunk| seen.insert(chunk.address())) {
            view.chunks += 1;
            let array = at.field(CHARACTERS).and_then(|chars| chars.as_object()?.as_array());
            view.capacity += array.map_or(0, |array| u64::from(array.len()));
            let starts = number(&at, OFFSET).unwrap_or(0);
            if starts < limit as u64
                && let Some(units) = array.and_then(|array| array.as_slice::<U16>())
            {
                let held = usize::try_from(number(&at, LENGTH).unwrap_or(0)).unwrap_or(0);
                pieces.push(&units[..held.min(units.len())]);
            }
            chunk = at.field(PREVIOUS).and_then(|previous| previous.as_object());
        }
        let units = pieces.into_iter().rev().flatten().map(|unit| unit.get());
        view.units = units.take(limit).collect();
        Some(view)
    }
}

pub(super) fn facts<'a, 'data>(object: &ObjectRef<'a, 'data>, limit: usize) -> Facts<'a, 'data> {
    let limit = limit.saturating_mul(CHARACTERS_PER_LIMIT);
    let Some(builder) = object.as_string_builder(limit) else { return Vec::new() };
    let number = |number: u64| Fact::Number(i64::try_from(number).unwrap_or(i64::MAX));
    vec![
        Some(("length", number(builder.length))),
        Some(("capacity", number(builder.capacity))),
        Some(("chunks", number(builder.chunks))),
        Some(("text", Fact::Text(builder.text()))),
    ]
}
