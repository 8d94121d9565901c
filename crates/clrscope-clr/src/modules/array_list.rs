//! The runtime's `ArrayList`: a count, and blocks of pointers that are linked.
//!
//! Source: dotnet/coreclr, src/inc/arraylist.h; the data descriptors call the parts `ArrayListBase`
//! and `ArrayListBlock`. The first block is part of the list itself.

use std::collections::BTreeSet;

use clrscope_memory::{AddressSpace, Grouped, Issue, IssueKind, Issues, VirtAddr, limits};

/// The pointers in the list at `list`, nulls left out.
pub(super) fn read_array_list(
    space: &AddressSpace<'_>,
    list: VirtAddr,
    issues: &mut Issues,
) -> Vec<VirtAddr> {
    let pointer = space.target().pointer_bytes();
    let Some(count) = space.read_u32(list) else {
        issues.push(Issue::in_memory(
            IssueKind::MissingMemory,
            list,
            "a list is not in the capture",
        ));
        return Vec::new();
    };
    let mut left = count as usize;
    if left > limits::MAX_LIST {
        issues.push(Issue::in_memory(
            IssueKind::BadValue,
            list,
            format!("a list claims to have {} entries", Grouped(count.into())),
        ));
        return Vec::new();
    }
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    let mut block = list.wrapping_add(pointer);
    while left > 0 {
        if block.is_null() || !seen.insert(block) {
            issues.push(Issue::in_memory(
                if block.is_null() { IssueKind::Truncated } else { IssueKind::Cycle },
                list,
                format!("a list ends {} entries early", Grouped(left as u64)),
            ));
            break;
        }
        let next = space.read_pointer(block);
        let size = space.read_u32(block.wrapping_add(pointer));
        let (Some(next), Some(size)) = (next, size) else {
            issues.push(Issue::in_memory(
                IssueKind::MissingMemory,
                block,
                format!(
                    "the last {} entries of a list are not in the capture",
                    Grouped(left as u64)
                ),
            ));
            break;
        };
        let here = left.min(size as usize);
        for index in 0..here as u64 {
            let at = block.wrapping_add(2 * pointer + index * pointer);
            match space.read_pointer(at) {
                Some(item) if item.is_null() => {}
                Some(item) => items.push(item),
                None => {
                    issues.push(Issue::in_memory(
                        IssueKind::MissingMemory,
                        at,
                        "an entry of a list is not in the capture",
                    ));
                    break;
                }
            }
        }
        left -= here;
        block = next;
    }
    items
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    const BASE: u64 = 0x1000;

    fn list(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn read(bytes: &[u8]) -> (Vec<u64>, Issues) {
        let ranges = [Range::new(VirtAddr(BASE), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(bytes, &ranges, Target::X64_WINDOWS).value;
        let mut issues = Issues::new();
        let items = read_array_list(&space, VirtAddr(BASE), &mut issues);
        (items.into_iter().map(|item| item.0).collect(), issues)
    }

    #[test]
    fn blocks_are_followed_and_nulls_left_out() {
        let bytes = list(&[
            5,           // count
            BASE + 0x28, // first block: next
            2,           // its size
            0xa,
            0, // its items; the second is free
            0,
            3,
            0xb,
            0xc,
            0xd, // second block
        ]);
        let (items, issues) = read(&bytes);
        assert_eq!(items, [0xa, 0xb, 0xc, 0xd]);
        assert!(issues.is_empty());
    }

    #[test]
    fn a_list_that_comes_back_to_itself_ends() {
        let bytes = list(&[100, BASE + 8, 1, 0xa]);
        let (items, issues) = read(&bytes);
        assert_eq!(items, [0xa]);
        assert_eq!(issues.iter().next().map(|issue| issue.kind), Some(IssueKind::Cycle));
    }

    #[test]
    fn absurd_counts_are_refused() {
        let (items, issues) = read(&list(&[u64::MAX, 0, 5]));
        assert!(items.is_empty());
        assert_eq!(issues.count(), 1);
    }

    #[test]
    fn a_block_that_claims_too_much_ends_with_the_memory() {
        let (items, issues) = read(&list(&[1000, 0, 1000, 0xa, 0xb]));
        assert_eq!(items, [0xa, 0xb]);
        assert!(!issues.is_empty());
    }
}
