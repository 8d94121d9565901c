//! Which rows belong to which: the fields, methods, properties and events of a type, the parameters of
//! a method, and back.
//!
//! A row says where its list begins; it ends where that of the next row begins. In metadata that grew,
//! a list is one of pointers rather than of the rows themselves.

use super::order::partition_point;
use super::reader::Metadata;
use super::rows::{EventMap, PropertyMap};
use super::token::{TableId, Token};

/// A list of rows that belong to another.
#[derive(Debug, Clone, Copy)]
struct List {
    owner: TableId,
    /// The owner's column that says where its list begins.
    column: u32,
    /// The table of pointers.
    pointers: TableId,
    members: TableId,
}

const FIELDS: List = List {
    owner: TableId::TypeDef,
    column: 4,
    pointers: TableId::FieldPtr,
    members: TableId::Field,
};
const METHODS: List = List {
    owner: TableId::TypeDef,
    column: 5,
    pointers: TableId::MethodPtr,
    members: TableId::MethodDef,
};
const PARAMS: List = List {
    owner: TableId::MethodDef,
    column: 5,
    pointers: TableId::ParamPtr,
    members: TableId::Param,
};
const EVENTS: List = List {
    owner: TableId::EventMap,
    column: 1,
    pointers: TableId::EventPtr,
    members: TableId::Event,
};
const PROPERTIES: List = List {
    owner: TableId::PropertyMap,
    column: 1,
    pointers: TableId::PropertyPtr,
    members: TableId::Property,
};

/// Numbers of the rows that belong to another row.
#[derive(Debug, Clone)]
pub struct Members<'a, 'data> {
    metadata: &'a Metadata<'data>,
    places: std::ops::Range<u32>,
    pointers: TableId,
}

impl Iterator for Members<'_, '_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let place = self.places.next()?;
        if self.metadata.row_count(self.pointers) == 0 {
            return Some(place);
        }
        // A pointer that is cut off leads nowhere: row 0 does not exist.
        Some(self.metadata.column(self.pointers, place, 0).unwrap_or(0))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for Members<'_, '_> {}

impl<'data> Metadata<'data> {
    /// The fields of a type.
    pub fn fields(&self, type_def: u32) -> Members<'_, 'data> {
        self.members(FIELDS, type_def)
    }

    /// The methods of a type.
    pub fn methods(&self, type_def: u32) -> Members<'_, 'data> {
        self.members(METHODS, type_def)
    }

    /// The parameters of a method that have a row; one with sequence 0 is what the method returns.
    pub fn params(&self, method_def: u32) -> Members<'_, 'data> {
        self.members(PARAMS, method_def)
    }

    /// The events of a type.
    pub fn events(&self, type_def: u32) -> Members<'_, 'data> {
        self.mapped_members(EVENTS, type_def)
    }

    /// The properties of a type.
    pub fn properties(&self, type_def: u32) -> Members<'_, 'data> {
        self.mapped_members(PROPERTIES, type_def)
    }

    /// The type that a field belongs to.
    pub fn field_owner(&self, field: u32) -> Option<u32> {
        self.owner(FIELDS, field)
    }

    /// The type that a method belongs to.
    pub fn method_owner(&self, method_def: u32) -> Option<u32> {
        self.owner(METHODS, method_def)
    }

    /// The method that a parameter belongs to.
    pub fn param_owner(&self, param: u32) -> Option<u32> {
        self.owner(PARAMS, param)
    }

    /// The type that a property belongs to.
    pub fn property_owner(&self, property: u32) -> Option<u32> {
        self.row::<PropertyMap>(self.owner(PROPERTIES, property)?).map(|map| map.parent.rid())
    }

    /// The type that an event belongs to.
    pub fn event_owner(&self, event: u32) -> Option<u32> {
        self.row::<EventMap>(self.owner(EVENTS, event)?).map(|map| map.parent.rid())
    }

    fn mapped_members(&self, list: List, type_def: u32) -> Members<'_, 'data> {
        let map = self.find_rows(list.owner, Token::new(TableId::TypeDef, type_def)).next();
        self.members(list, map.unwrap_or(0))
    }

    fn members(&self, list: List, owner: u32) -> Members<'_, 'data> {
        let places = self.places(list, owner).unwrap_or(0..0);
        Members { metadata: self, places, pointers: list.pointers }
    }

    /// Numbers of the members' rows, or of the pointers to them.
    fn places(&self, list: List, owner: u32) -> Option<std::ops::Range<u32>> {
        let start = self.column(list.owner, owner, list.column)?;
        let count = self.place_count(list);
        let next = owner.checked_add(1)?;
        let end = self.column(list.owner, next, list.column).unwrap_or(count + 1);
        (start > 0).then(|| start..end.min(count + 1))
    }

    /// How many members there are, or pointers to members if there are any.
    fn place_count(&self, list: List) -> u32 {
        match self.row_count(list.pointers) {
            0 => self.row_count(list.members),
            pointers => pointers,
        }
    }

    fn owner(&self, list: List, member: u32) -> Option<u32> {
        let place = if self.row_count(list.pointers) == 0 {
            (1..=self.row_count(list.members)).contains(&member).then_some(member)?
        } else {
            self.find_rows(list.pointers, Token::new(list.members, member)).next()?
        };
        // The last owner whose list begins here or before: owners of empty lists come before it.
        let count = self.row_count(list.owner);
        let behind = partition_point(1, count.checked_add(1)?, |rid| {
            self.column(list.owner, rid, list.column).is_some_and(|start| start <= place)
        });
        behind.checked_sub(1).filter(|&owner| owner > 0)
    }
}
