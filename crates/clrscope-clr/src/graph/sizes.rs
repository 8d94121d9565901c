//! The sizes of all objects.

use clrscope_graph::{ObjectId, ObjectMap};
use clrscope_memory::{Control, Interrupted};

use crate::heap::{HeapObjects, Live};

/// The raw size of each object by its number, in bytes: four bytes an object, whatever the sizes.
#[derive(Debug, Clone)]
pub struct Sizes {
    small: Vec<u32>,
    /// Sizes of 4 GiB and more, in order of the number.
    large: Vec<(u32, u64)>,
}

impl Sizes {
    /// The size of each object that is not free.
    pub(super) fn read(
        objects: &HeapObjects<'_>,
        map: &ObjectMap,
        control: &Control<'_>,
    ) -> Result<Sizes, Interrupted> {
        control.reserve(u64::from(map.len()) * 4)?;
        let live = Live::new(objects);
        let parts = objects.fold(
            control,
            |_| (Vec::new(), Vec::new()),
            |(small, large): &mut (Vec<u32>, Vec<(u32, u64)>), object, _| {
                if !live.is_object(object) {
                    return;
                }
                small.push(u32::try_from(object.size).unwrap_or_else(|_| {
                    large.push((small.len() as u32, object.size));
                    u32::MAX
                }));
            },
        )?;
        let mut sizes = Sizes { small: Vec::with_capacity(map.len() as usize), large: Vec::new() };
        for (small, large) in parts {
            let first = sizes.small.len() as u32;
            sizes.large.extend(large.into_iter().map(|(index, size)| (first + index, size)));
            sizes.small.extend(small);
        }
        Ok(sizes)
    }

    /// The size of an object; zero if there is no such object.
    #[inline]
    pub fn of(&self, object: ObjectId) -> u64 {
        match self.small.get(object.index()) {
            Some(&u32::MAX) => self
                .large
                .binary_search_by_key(&object.0, |&(id, _)| id)
                .map_or(u64::from(u32::MAX), |index| self.large[index].1),
            Some(&size) => size.into(),
            None => 0,
        }
    }

    /// Bytes of all objects.
    pub fn total(&self) -> u64 {
        (0..self.small.len() as u32).map(|id| self.of(ObjectId(id))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_any_width_are_kept() {
        let large = vec![(1, 1 << 33)];
        let sizes = Sizes { small: vec![24, u32::MAX, u32::MAX, 32], large };
        let all: Vec<_> = (0..5).map(|id| sizes.of(ObjectId(id))).collect();
        assert_eq!(all, [24, 1 << 33, u64::from(u32::MAX), 32, 0]);
        assert_eq!(sizes.total(), 24 + (1 << 33) + u64::from(u32::MAX) + 32);
    }
}
