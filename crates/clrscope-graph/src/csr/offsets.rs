//! Where the row of each node starts.

use std::ops::Range;

/// The start of each row and the end of the last, in four bytes each while that is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Offsets {
    Small(Vec<u32>),
    Large(Vec<u64>),
}

impl Offsets {
    /// Offsets of rows with these lengths.
    pub(super) fn from_lengths(mut lengths: Vec<u32>, edges: u64) -> Offsets {
        if u32::try_from(edges).is_ok() {
            let mut offset = 0u32;
            for length in &mut lengths {
                let row = *length;
                *length = offset;
                offset += row;
            }
            lengths.push(offset);
            return Offsets::Small(lengths);
        }
        let mut offset = 0u64;
        let mut offsets = Vec::with_capacity(lengths.len() + 1);
        for length in lengths {
            offsets.push(offset);
            offset += u64::from(length);
        }
        offsets.push(offset);
        Offsets::Large(offsets)
    }

    pub(super) fn nodes(&self) -> u32 {
        let rows = match self {
            Offsets::Small(offsets) => offsets.len() - 1,
            Offsets::Large(offsets) => offsets.len() - 1,
        };
        rows as u32
    }

    /// Where the row of `node` starts; the row after the last starts where the last ends.
    pub(super) fn start(&self, node: usize) -> u64 {
        match self {
            Offsets::Small(offsets) => u64::from(offsets[node]),
            Offsets::Large(offsets) => offsets[node],
        }
    }

    #[inline]
    pub(super) fn row(&self, node: u32) -> Option<Range<usize>> {
        let node = node as usize;
        match self {
            Offsets::Small(offsets) => match offsets.get(node..node + 2) {
                Some(&[start, end]) => Some(start as usize..end as usize),
                _ => None,
            },
            Offsets::Large(offsets) => match offsets.get(node..node + 2) {
                Some(&[start, end]) => Some(start as usize..end as usize),
                _ => None,
            },
        }
    }

    pub(super) fn memory_needed(nodes: u32, edges: u64) -> u64 {
        let width = if u32::try_from(edges).is_ok() { 4 } else { 8 };
        (u64::from(nodes) + 1) * width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_widths_give_the_same_rows() {
        let lengths = vec![0, 3, 0, 0, 2, 1];
        let small = Offsets::from_lengths(lengths.clone(), 6);
        let large = Offsets::from_lengths(lengths, u64::from(u32::MAX) + 1);
        assert!(matches!(small, Offsets::Small(_)));
        assert!(matches!(large, Offsets::Large(_)));
        for node in 0..8 {
            assert_eq!(small.row(node), large.row(node));
        }
        assert_eq!(small.row(4), Some(3..5));
        assert_eq!(small.row(6), None);
        assert_eq!((small.nodes(), large.nodes()), (6, 6));
    }
}
