//! The sizes of all objects.

use clrscope_graph::ObjectId;

/// The raw size of each object by its number, in bytes: four bytes an object, whatever the sizes.
#[derive(Debug, Clone)]
pub struct Sizes {
    pub(super) small: Vec<u32>,
    /// Sizes of 4 GiB and more, in order of the number.
    pub(super) large: Vec<(u32, u64)>,
}

impl Sizes {
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
