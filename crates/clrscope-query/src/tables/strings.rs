//! `strings`: every string with its text.

use std::sync::Arc;

use clrscope_analyze::UNKNOWN_STRINGS;
use clrscope_clr::{Object, StringRef, Types};

use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;
use crate::table::{Access, NoRows, Rows, Table};

pub(super) const DEFINITION: Definition = Definition {
    name: "strings",
    about: "Every string of the heap, in order of address.",
    columns: COLUMNS,
    usual_rows: 500_000,
};

const COLUMNS: &[Column] = &[
    address("address", "where the string begins").found_by(Lookup::Range),
    integer("bytes", "its size as an object"),
    integer("length", "its length in UTF-16 units"),
    text("value", "all of its text; unpaired surrogates are replaced"),
];

/// Rows after which a query is asked whether to go on.
const STRIDE: u64 = 1 << 14;

/// The table of strings.
pub(super) struct Strings<'s, 'data> {
    shelf: Arc<Shelf<'s, 'data>>,
}

impl<'s, 'data> Strings<'s, 'data> {
    pub(super) fn new(shelf: Arc<Shelf<'s, 'data>>) -> Strings<'s, 'data> {
        Strings { shelf }
    }
}

impl Table for Strings<'_, '_> {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn rows<'t>(&'t self, access: Access) -> Result<Box<dyn Rows + 't>, QueryError> {
        let runtime = self.shelf.runtime();
        let objects = self.shelf.objects()?;
        let types = runtime.types().map_err(|error| QueryError::Unavailable(error.to_string()))?;
        let table = runtime.global_pointer("StringMethodTable");
        let Some(ty) = table.and_then(|table| objects.types().id(table)) else {
            return Err(QueryError::NotKnown(UNKNOWN_STRINGS.to_owned()));
        };
        let stream = |objects: Box<dyn Iterator<Item = Object> + 't>| {
            Box::new(StringRows { shelf: &self.shelf, types, objects, seen: 0, string: None })
        };
        match access {
            Access::Equal(_, value) => {
                let there = Access::address(&value).and_then(|at| objects.neighbourhood(at)?.at);
                let there = there.filter(|there| {
                    there.ty == ty && Some(there.address) == Access::address(&value)
                });
                Ok(match there {
                    Some(there) => stream(Box::new(std::iter::once(there))),
                    None => Box::new(NoRows),
                })
            }
            _ => Ok(stream(Box::new(objects.iter().filter(move |object| object.ty == ty)))),
        }
    }
}

struct StringRows<'t, 's, 'data> {
    shelf: &'t Shelf<'s, 'data>,
    types: &'t Types<'data>,
    objects: Box<dyn Iterator<Item = Object> + 't>,
    seen: u64,
    string: Option<(Object, Option<StringRef<'data>>)>,
}

impl Rows for StringRows<'_, '_, '_> {
    fn advance(&mut self) -> Result<bool, QueryError> {
        if self.seen.is_multiple_of(STRIDE) {
            self.shelf.control().check()?;
        }
        self.seen += 1;
        self.string = self.objects.next().map(|object| {
            let string = self.types.object(object.address).ok();
            (object, string.and_then(|string| string.as_str()))
        });
        Ok(self.string.is_some())
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, QueryError> {
        let Some((object, string)) = &self.string else { return Ok(Cell::Null) };
        Ok(match column {
            0 => object.address.into(),
            1 => object.size.into(),
            2 => Cell::optional(string.as_ref().map(StringRef::len)),
            3 => Cell::optional(string.as_ref().map(|string| string.chars().collect::<String>())),
            _ => Cell::Null,
        })
    }
}
