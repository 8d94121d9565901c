//! What is found out about metadata when something is first looked for in it, and kept.

/// The order of a table's rows by its key column.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// The rows themselves are sorted.
    Sorted,
    /// The numbers of the rows, sorted by their keys, those with the same key in their own order.
    Permuted(Box<[u32]>),
}

/// A type by a hash of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HashedName {
    pub(crate) hash: u64,
    pub(crate) type_def: u32,
}
