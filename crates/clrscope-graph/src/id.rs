//! What a node is called.

use std::fmt;

/// A node of a graph: its rank among all nodes.
///
/// Where an [`ObjectMap`](crate::ObjectMap) gives out the ids, they follow the addresses: the object
/// with the lowest address is 0, and there are no gaps. So an id is an index into any slice with one
/// element an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// How many objects there may be: one less than there are `u32`s, which leaves a value that is
    /// no object's.
    pub const MAX_COUNT: u64 = u32::MAX as u64;

    /// The id as an index into a slice with one element an object.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
