//! The records of all methods of a class: they lie in chunks, one behind the other.
//!
//! Sizes of records differ by kind and by release. But each says its own place in its chunk, and the row
//! of its method, which must be one of its class; so records are found without knowing sizes.
//! `MethodDescChunk` of `src/coreclr/vm/method.hpp` of dotnet/runtime.

use clrscope_memory::{AddressSpace, VirtAddr};
use rustc_hash::FxHashSet;

use super::method_desc::{MethodDesc, MethodDescReader};
use super::native_code::Declared;
use crate::layout::MissingField;
use crate::pointer_form::PointerForm;
use crate::runtime::Runtime;

/// Chunks of one class; a class has at most 65,535 methods.
const MAX_CHUNKS: usize = 1 << 16;

/// Candidates that are tried for one chunk before the first that come are taken.
const MAX_STEPS: u32 = 100_000;

/// What looks like a record.
struct Candidate {
    /// Bytes behind the first record of the chunk.
    at: u64,
    /// What its size depends on.
    form: u16,
    record: MethodDesc,
}

/// Chooses as many candidates as the chunk says it has records: now and then the words behind a record
/// look like one. All records of one form have the same size.
struct Choice<'a> {
    candidates: &'a [Candidate],
    count: usize,
    end: u64,
    /// Whether each is of another row.
    distinct: bool,
    steps: u32,
}

impl Choice<'_> {
    /// Completes what is chosen, if that is possible.
    fn extend(&mut self, chosen: &mut Vec<usize>) -> bool {
        if chosen.len() == self.count {
            return self.fits(chosen, self.end);
        }
        let from = chosen.last().map_or(0, |&last| last + 1);
        // The first record is where the chunk begins.
        let to = if chosen.is_empty() { 1 } else { self.candidates.len() };
        for next in from..to.min(self.candidates.len()) {
            let Some(candidate) = self.candidates.get(next) else { break };
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return false;
            }
            let is_known = || {
                let known = chosen.iter().filter_map(|&index| self.candidates.get(index));
                known.map(|known| known.record.row).any(|row| row == candidate.record.row)
            };
            if self.fits(chosen, candidate.at) && !(self.distinct && is_known()) {
                chosen.push(next);
                if self.extend(chosen) {
                    return true;
                }
                chosen.pop();
            }
        }
        false
    }

    /// Whether the last that was chosen has the size of the others of its form if it ends at `end`.
    fn fits(&self, chosen: &[usize], end: u64) -> bool {
        let candidate = |place: usize| self.candidates.get(*chosen.get(place)?);
        let Some(last) = chosen.len().checked_sub(1).and_then(candidate) else { return true };
        let same = (0..chosen.len() - 1)
            .find(|&place| candidate(place).is_some_and(|candidate| candidate.form == last.form));
        let size = same.and_then(|place| Some(candidate(place + 1)?.at - candidate(place)?.at));
        size.is_none_or(|size| last.at + size == end)
    }
}

/// Reads the chunks of a class.
#[derive(Debug, Clone)]
pub(super) struct ChunkReader<'data> {
    space: AddressSpace<'data>,
    /// Of the pointers to chunks.
    form: PointerForm,
    alignment: u64,
    first: u64,
    next: u64,
    size: u64,
    count: u64,
    header: u64,
}

impl<'data> ChunkReader<'data> {
    pub(super) fn new(runtime: &Runtime<'data>) -> Result<ChunkReader<'data>, MissingField> {
        let layout = runtime.layout();
        let space = runtime.snapshot().space.clone();
        Ok(ChunkReader {
            form: PointerForm::of(runtime.globals()),
            alignment: space.target().pointer_bytes(),
            first: layout.require("EEClass", "MethodDescChunk")?,
            next: layout.require("MethodDescChunk", "Next")?,
            size: layout.require("MethodDescChunk", "Size")?,
            count: layout.require("MethodDescChunk", "Count")?,
            header: layout.size("MethodDescChunk").unwrap_or(3 * space.target().pointer_bytes()),
            space,
        })
    }

    /// The records of the methods of a class, in order of their chunks.
    pub(super) fn methods(
        &self,
        class: VirtAddr,
        declared: &Declared,
        methods: &MethodDescReader<'_>,
    ) -> Vec<MethodDesc> {
        let mut found = Vec::new();
        let mut chunk = self.form.follow_cell(&self.space, class.wrapping_add(self.first));
        let mut seen = FxHashSet::default();
        while let Some(at) = chunk.filter(|at| seen.len() < MAX_CHUNKS && seen.insert(*at)) {
            self.read_chunk(at, declared, methods, &mut found);
            chunk = self.form.follow_cell(&self.space, at.wrapping_add(self.next));
        }
        found
    }

    fn read_chunk(
        &self,
        chunk: VirtAddr,
        declared: &Declared,
        methods: &MethodDescReader<'_>,
        found: &mut Vec<MethodDesc>,
    ) {
        let byte = |offset| self.space.read_u8(chunk.wrapping_add(offset)).map(u64::from);
        // Both are less by one than what they stand for.
        let (Some(size), Some(count)) = (byte(self.size), byte(self.count)) else { return };
        let end = (size + 1) * self.alignment;
        let candidates: Vec<Candidate> = (0..=size)
            .filter_map(|index| {
                let at = index * self.alignment;
                let address = chunk.wrapping_add(self.header + at);
                let record = methods.read(address).filter(|record| declared.has(record))?;
                let is_of_chunk = methods.chunk_of(address) == Some(chunk);
                let form = methods.form(address)?;
                is_of_chunk.then_some(Candidate { at, form, record })
            })
            .collect();
        let count = (count as usize + 1).min(candidates.len());
        // Only methods of structs have two records.
        let choose = |distinct| {
            let mut chosen = Vec::new();
            let mut choice = Choice { candidates: &candidates, count, end, distinct, steps: 0 };
            choice.extend(&mut chosen).then_some(chosen)
        };
        let chosen = match candidates.len() == count {
            true => None,
            false => choose(true).or_else(|| choose(false)),
        };
        let chosen = chosen.unwrap_or_else(|| (0..count).collect());
        found.extend(chosen.iter().filter_map(|&index| candidates.get(index)).map(|c| c.record));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::MethodKind;

    /// What is chosen of candidates by place, form and row.
    fn choose(places: &[(u64, u16, u32)], count: usize, end: u64) -> Option<Vec<u64>> {
        let record = |row| MethodDesc {
            address: VirtAddr(0),
            method_table: VirtAddr(0),
            row,
            slot: 0,
            kind: MethodKind::Il,
        };
        let candidates: Vec<_> = places
            .iter()
            .map(|&(at, form, row)| Candidate { at, form, record: record(row) })
            .collect();
        let mut chosen = Vec::new();
        let mut choice = Choice { candidates: &candidates, count, end, distinct: true, steps: 0 };
        let is_whole = choice.extend(&mut chosen);
        is_whole.then(|| chosen.iter().map(|&index| candidates[index].at).collect())
    }

    #[test]
    fn records_of_one_form_have_one_size() {
        // Two records of 16 bytes; what looks like one is within the second, then within the first.
        assert_eq!(choose(&[(0, 8, 1), (16, 8, 2), (24, 8, 3)], 2, 32), Some(vec![0, 16]));
        assert_eq!(choose(&[(0, 8, 1), (8, 8, 3), (16, 8, 2)], 2, 32), Some(vec![0, 16]));
        // One of 8 and two of 16.
        let candidates = [(0, 0, 1), (8, 8, 2), (16, 8, 3), (24, 8, 4)];
        assert_eq!(choose(&candidates, 3, 40), Some(vec![0, 8, 24]));
        // Two of different forms; what looks like one has the row of the first.
        assert_eq!(choose(&[(0, 0, 1), (8, 8, 1), (16, 8, 2)], 2, 32), Some(vec![0, 16]));
        // Nothing fits.
        assert_eq!(choose(&[(0, 8, 1), (8, 8, 2)], 2, 40), None);
        assert_eq!(choose(&[], 1, 8), None);
    }
}
