//! ECMA-335 metadata: tables, heaps, and what follows from them.

mod assembly;
mod coded;
mod found;
mod heap;
mod lookups;
mod members;
mod names;
mod order;
mod reader;
mod root;
pub(crate) mod rows;
mod table;
mod token;
mod verify;

#[cfg(test)]
mod tests;

pub use assembly::{AssemblyName, PublicKeyToken};
pub use heap::{BlobIndex, GuidIndex, StringIndex};
pub use members::Members;
pub use names::TypeName;
pub use order::RowRange;
pub use reader::Metadata;
pub use root::MetadataError;
pub use rows::Row;
pub use token::{TableId, Token};

pub(crate) use coded::Coded;
pub(crate) use heap::read_compressed;
