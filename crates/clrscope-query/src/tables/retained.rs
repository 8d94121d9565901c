//! `retained`: what each object alone keeps alive.

use std::sync::Arc;

use clrscope_analyze::Ownership;
use clrscope_clr::HeapGraph;
use clrscope_graph::{Holder, ObjectId};

use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;
use crate::table::{Access, NoRows, Rows, Table};

pub(super) const DEFINITION: Definition = Definition {
    name: "retained",
    about: "Every object that a root keeps alive, with what would be freed without it; makes the \
            graph and its dominators.",
    columns: COLUMNS,
    usual_rows: 1_000_000,
};

const COLUMNS: &[Column] = &[
    address("address", "where the object begins").found_by(Lookup::Range),
    text("type", "the name of its type"),
    integer("bytes", "its own size"),
    integer("retained", "bytes that would be freed without it, its own among them"),
    integer("retained_count", "how many objects those are"),
    address(
        "dominator",
        "the object that alone keeps it alive; null if roots or several objects do",
    ),
];

/// Rows after which a query is asked whether to go on.
const STRIDE: u32 = 1 << 16;

/// The table of what is retained.
pub(super) struct Retained<'s, 'data> {
    shelf: Arc<Shelf<'s, 'data>>,
}

impl<'s, 'data> Retained<'s, 'data> {
    pub(super) fn new(shelf: Arc<Shelf<'s, 'data>>) -> Retained<'s, 'data> {
        Retained { shelf }
    }
}

impl Table for Retained<'_, '_> {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn rows<'t>(&'t self, access: Access) -> Result<Box<dyn Rows + 't>, QueryError> {
        let graph = self.shelf.graph()?;
        let next = match access {
            Access::Equal(_, value) => {
                match Access::address(&value).and_then(|address| graph.id(address)) {
                    Some(ObjectId(id)) => id..id + 1,
                    None => return Ok(Box::new(NoRows)),
                }
            }
            _ => 0..graph.graph().nodes(),
        };
        let owners = self.shelf.ownership()?;
        Ok(Box::new(RetainedRows { shelf: &self.shelf, graph, owners, next, object: None }))
    }
}

struct RetainedRows<'t, 's, 'data> {
    shelf: &'t Shelf<'s, 'data>,
    graph: &'t HeapGraph<'data>,
    owners: Arc<Ownership>,
    next: std::ops::Range<u32>,
    object: Option<ObjectId>,
}

impl Rows for RetainedRows<'_, '_, '_> {
    fn advance(&mut self) -> Result<bool, QueryError> {
        if self.next.start.is_multiple_of(STRIDE) {
            self.shelf.control().check()?;
        }
        let mut ids = self.next.by_ref().map(ObjectId);
        self.object = ids.find(|&id| self.owners.dominators.reachable(id));
        Ok(self.object.is_some())
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, QueryError> {
        let Some(id) = self.object else { return Ok(Cell::Null) };
        Ok(match column {
            0 => Cell::optional(self.graph.address(id)),
            1 => Cell::optional(self.shelf.type_of(id)?),
            2 => self.owners.sizes.of(id).into(),
            3 => self.owners.bytes.of(id).into(),
            4 => self.owners.counts.of(id).into(),
            5 => match self.owners.dominators.holder(id) {
                Some(Holder::Object(holder)) => Cell::optional(self.graph.address(holder)),
                _ => Cell::Null,
            },
            _ => Cell::Null,
        })
    }
}
