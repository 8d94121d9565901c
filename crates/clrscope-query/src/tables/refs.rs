//! `refs`: who refers to whom.

use std::sync::Arc;

use clrscope_analyze::member_name;
use clrscope_clr::{HeapGraph, Object};
use clrscope_graph::ObjectId;
use clrscope_memory::VirtAddr;

use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;
use crate::table::{Access, NoRows, Rows, Table};

pub(super) const DEFINITION: Definition = Definition {
    name: "refs",
    about: "Every reference from one object to another; makes the graph. The arrays in which the \
            runtime keeps statics are left out: their elements are roots.",
    columns: COLUMNS,
    usual_rows: 4_000_000,
};

const COLUMNS: &[Column] = &[
    address("source", "the object that refers").found_by(Lookup::Equal),
    address("target", "the object that it refers to").found_by(Lookup::Equal),
    text(
        "kind",
        "`field`, `dependent` (of a dependent handle's first object to its second) or `loader`",
    ),
    integer("offset", "of a field, bytes from the start of the source"),
    text("field", "the field or element: `_items`, `[42]`, `[3].value`"),
    text("source_type", "the name of the source's type"),
    text("target_type", "the name of the target's type"),
];

const SOURCE: usize = 0;

/// Rows after which a query is asked whether to go on.
const STRIDE: u64 = 1 << 16;

/// The table of references.
pub(super) struct Refs<'s, 'data> {
    shelf: Arc<Shelf<'s, 'data>>,
}

impl<'s, 'data> Refs<'s, 'data> {
    pub(super) fn new(shelf: Arc<Shelf<'s, 'data>>) -> Refs<'s, 'data> {
        Refs { shelf }
    }

    fn stream<'t>(
        &'t self,
        edges: impl Iterator<Item = Edge> + 't,
    ) -> Result<Box<dyn Rows + 't>, QueryError> {
        let graph = self.shelf.graph()?;
        Ok(Box::new(RefRows { shelf: &self.shelf, graph, edges, seen: 0, edge: None }))
    }
}

/// A reference: who refers, which of its references it is, and to whom.
#[derive(Clone, Copy)]
struct Edge {
    source: ObjectId,
    index: usize,
    target: ObjectId,
}

fn edges_of(graph: &HeapGraph<'_>, source: ObjectId) -> impl Iterator<Item = Edge> {
    let row = graph.graph().holds(source).iter().enumerate();
    row.map(move |(index, &target)| Edge { source, index, target })
}

impl Table for Refs<'_, '_> {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn rows<'t>(&'t self, access: Access) -> Result<Box<dyn Rows + 't>, QueryError> {
        let graph = self.shelf.graph()?;
        let Access::Equal(column, value) = access else {
            let sources = (0..graph.graph().nodes()).map(ObjectId);
            return self.stream(sources.flat_map(|source| edges_of(graph, source)));
        };
        let Some(object) = Access::address(&value).and_then(|address| graph.id(address)) else {
            return Ok(Box::new(NoRows));
        };
        if column == SOURCE {
            return self.stream(edges_of(graph, object));
        }
        // Who refers twice is listed twice.
        let mut sources = self.shelf.reversed()?.row(object).to_vec();
        sources.sort_unstable();
        sources.dedup();
        let edges = sources.into_iter().flat_map(|source| edges_of(graph, source));
        self.stream(edges.filter(move |edge| edge.target == object))
    }
}

struct RefRows<'t, 's, 'data, I> {
    shelf: &'t Shelf<'s, 'data>,
    graph: &'t HeapGraph<'data>,
    edges: I,
    seen: u64,
    edge: Option<Edge>,
}

/// How an object refers to another.
enum Way {
    Field(Object, u64),
    Loader,
    Dependent,
}

impl<I> RefRows<'_, '_, '_, I> {
    /// How a reference came about: the graph keeps the references of an object in their order.
    fn way(&self, edge: Edge) -> Option<Way> {
        if edge.index >= self.graph.graph().references(edge.source).len() {
            return Some(Way::Dependent);
        }
        let object = self.graph.object(edge.source)?;
        let length = usize::try_from(object.aligned_size).unwrap_or(0);
        let space = self.graph.objects().heap().space();
        let bytes = space.slice(object.address, length).unwrap_or(&[]);
        let mut index = 0;
        let mut way = None;
        self.graph.objects().references_of(&object, bytes, |place, target| {
            if self.graph.id(target).is_some() {
                if index == edge.index {
                    way = Some(place.map_or(Way::Loader, |place: VirtAddr| {
                        Way::Field(object, place.0.wrapping_sub(object.address.0))
                    }));
                }
                index += 1;
            }
        });
        way
    }
}

impl<I: Iterator<Item = Edge>> Rows for RefRows<'_, '_, '_, I> {
    fn advance(&mut self) -> Result<bool, QueryError> {
        if self.seen.is_multiple_of(STRIDE) {
            self.shelf.control().check()?;
        }
        self.seen += 1;
        self.edge = self.edges.next();
        Ok(self.edge.is_some())
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, QueryError> {
        let Some(edge) = self.edge else { return Ok(Cell::Null) };
        Ok(match column {
            SOURCE => Cell::optional(self.graph.address(edge.source)),
            1 => Cell::optional(self.graph.address(edge.target)),
            2 => Cell::optional(self.way(edge).map(|way| match way {
                Way::Field(..) => "field",
                Way::Loader => "loader",
                Way::Dependent => "dependent",
            })),
            3 => match self.way(edge) {
                Some(Way::Field(_, offset)) => offset.into(),
                _ => Cell::Null,
            },
            4 => match self.way(edge) {
                Some(Way::Field(object, offset)) => {
                    Cell::optional(member_name(self.graph.objects(), &object, offset))
                }
                _ => Cell::Null,
            },
            5 => Cell::optional(self.shelf.type_of(edge.source)?),
            6 => Cell::optional(self.shelf.type_of(edge.target)?),
            _ => Cell::Null,
        })
    }
}
