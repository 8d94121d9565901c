//! Collections of the base library, seen as what they are: elements, and how many places they fill.
//!
//! What is known of each kind is data: [`kinds`] has a line for each, [`layout`] the few ways in which
//! they keep their elements.

mod kinds;
mod layout;

use self::kinds::{KINDS, Kind};
use super::object::ObjectRef;
use super::place::Value;
use crate::types::Type;

/// An element of a collection.
#[derive(Debug, Clone, Copy)]
pub enum Element<'a, 'data> {
    /// Of a list or a set.
    Item(Value<'a, 'data>),
    /// Of a dictionary.
    Pair {
        /// The key.
        key: Value<'a, 'data>,
        /// What it leads to.
        value: Value<'a, 'data>,
    },
}

/// A collection with its elements.
#[derive(Debug, Clone)]
pub struct Collection<'a, 'data> {
    /// What it is: `List`, `Dictionary`...
    pub kind: &'static str,
    /// How many elements it says that it has; `None` if it cannot be read.
    pub count: Option<u64>,
    /// Places for elements that it takes memory for; `None` where each element has its own object.
    pub capacity: Option<u64>,
    /// The first elements, in the order in which it keeps them.
    pub elements: Vec<Element<'a, 'data>>,
}

impl Collection<'_, '_> {
    /// The part of its places that elements take, from 0 to 1; `None` where there is no place or each
    /// element has its own object.
    pub fn fill(&self) -> Option<f64> {
        let capacity = self.capacity.filter(|&capacity| capacity > 0)?;
        Some(self.count? as f64 / capacity as f64)
    }
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The collection that this object is or derives from, with at most `limit` of its elements.
    pub fn as_collection(&self, limit: usize) -> Option<Collection<'a, 'data>> {
        let kind = kind_of(self.ty())?;
        Some(kind.layout.read(kind.name, &self.content(), limit))
    }
}

impl<'a, 'data> Value<'a, 'data> {
    /// The collection that this struct is, or that this reference leads to, with at most `limit` of its
    /// elements.
    pub fn as_collection(&self, limit: usize) -> Option<Collection<'a, 'data>> {
        if let Some(object) = self.as_object() {
            return object.as_collection(limit);
        }
        let kind = kind_of(&self.structure()?)?;
        Some(kind.layout.read(kind.name, self, limit))
    }
}

/// The kind of a type or of the first that it derives from that has one; found once for each type.
fn kind_of(ty: &Type<'_, '_>) -> Option<&'static Kind> {
    let place = *ty.kept().collection.get_or_init(|| place_in(ty, KINDS.iter().map(|k| k.types)));
    KINDS.get(place?)
}

/// The place of the first list that has the name of a type, or of one that it derives from.
pub(super) fn place_in<'n>(
    ty: &Type<'_, '_>,
    lists: impl Iterator<Item = &'n [&'n str]> + Clone,
) -> Option<usize> {
    let bases = std::iter::successors(Some(ty.clone()), Type::base);
    bases.take(clrscope_memory::limits::MAX_DEPTH).find_map(|ty| {
        lists.clone().position(|names| names.iter().any(|name| ty.type_name().is(name)))
    })
}
