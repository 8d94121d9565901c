//! `dumpobj`, `dumparray`, `dumpvc`: an object, an array or a value with what it holds.

mod collection;
mod elements;
mod fields;
mod object;
mod references;
mod value;
mod view;

pub use self::collection::{CollectionElement, CollectionRow};
pub use self::elements::{ElementRow, Elements};
pub use self::fields::FieldRow;
pub(super) use self::fields::{NOT_INITIALIZED, write as write_fields};
pub use self::object::{DumpObj, Extent, Surroundings};
pub use self::references::ReferenceRow;
pub use self::view::ViewRow;
