//! `objects`: the heap, object by object.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use clrscope_analyze::GenerationFilter;
use clrscope_clr::{HeapObjects, Object, TypeId};
use clrscope_memory::{Progress, VirtAddr};

use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, flag, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;
use crate::table::{Access, NoRows, Rows, Table};

pub(super) const DEFINITION: Definition = Definition {
    name: "objects",
    about: "Every object of the heap, the gaps between objects among them, in order of address.",
    columns: COLUMNS,
    usual_rows: 2_000_000,
};

const COLUMNS: &[Column] = &[
    address("address", "where the object begins").found_by(Lookup::Range),
    address("mt", "its method table").found_by(Lookup::Group),
    text("type", "the name of its type; `Free` for gaps").found_by(Lookup::Order),
    text("assembly", "the assembly that declares the type"),
    integer("bytes", "its size"),
    text("generation", "`gen0`, `gen1`, `gen2`, `loh`, `poh` or `frozen`"),
    integer("heap", "the number of its heap"),
    flag("free", "whether it is a gap"),
    flag("alive", "whether a root keeps it alive; null if nobody knows; makes the graph"),
    integer("distance", "how many references it is away from a root; makes the graph"),
];

const ADDRESS: usize = 0;
const METHOD_TABLE: usize = 1;
const TYPE: usize = 2;

/// Rows after which a query is asked whether to go on.
const STRIDE: u64 = 1 << 16;

/// Lookups of single objects that are answered by a walk; after these, the graph is made for them.
const WALKS: u32 = 32;

/// Lookups by type that are answered by looking at all objects; after these, they are sorted by type.
const SCANS: u32 = 2;

/// The table of objects.
pub(super) struct Objects<'s, 'data> {
    shelf: Arc<Shelf<'s, 'data>>,
    by_type: OnceLock<ByType>,
    walks: AtomicU32,
    scans: AtomicU32,
}

/// The objects sorted by the name of their type, then by method table, then by address.
struct ByType {
    /// The types in that order.
    order: Vec<TypeId>,
    /// For each type, its objects in `addresses`.
    starts: Vec<std::ops::Range<usize>>,
    addresses: Vec<VirtAddr>,
}

impl<'s, 'data> Objects<'s, 'data> {
    pub(super) fn new(shelf: Arc<Shelf<'s, 'data>>) -> Objects<'s, 'data> {
        let (walks, scans) = (AtomicU32::new(0), AtomicU32::new(0));
        Objects { shelf, by_type: OnceLock::new(), walks, scans }
    }

    fn by_type(&self) -> Result<&ByType, QueryError> {
        if let Some(sorted) = self.by_type.get() {
            return Ok(sorted);
        }
        let sorted = ByType::new(&self.shelf)?;
        Ok(self.by_type.get_or_init(|| sorted))
    }

    /// The object that begins at `at`, if one does.
    fn object(&self, at: VirtAddr) -> Result<Option<Object>, QueryError> {
        let objects = self.shelf.objects()?;
        let Some(found) = objects.object_at(at) else { return Ok(None) };
        // What looks like an object can be within another.
        let begins =
            if self.walks.fetch_add(1, Ordering::Relaxed) < WALKS || objects.is_free(&found) {
                let there = objects.neighbourhood(at).and_then(|place| place.at);
                there.is_some_and(|there| there.address == at)
            } else {
                self.shelf.graph()?.id(at).is_some()
            };
        Ok(begins.then_some(found))
    }

    /// The types that a value of a column stands for.
    fn types(&self, column: usize, value: &Cell<'_>) -> Result<Vec<TypeId>, QueryError> {
        let types = self.shelf.objects()?.types();
        if column == METHOD_TABLE {
            let table = Access::address(value);
            return Ok(table.and_then(|table| types.id(table)).into_iter().collect());
        }
        let Cell::Text(name) = value else { return Ok(Vec::new()) };
        let labels = self.shelf.labels()?;
        Ok(types.iter().map(|(id, _)| id).filter(|&id| labels.name(id) == name).collect())
    }

    fn stream<'t>(
        &'t self,
        objects: impl Iterator<Item = Object> + 't,
    ) -> Result<Box<dyn Rows + 't>, QueryError> {
        Ok(Box::new(ObjectRows {
            shelf: &self.shelf,
            heap: self.shelf.objects()?,
            objects,
            seen: 0,
            object: None,
        }))
    }
}

impl ByType {
    fn new(shelf: &Shelf<'_, '_>) -> Result<ByType, QueryError> {
        let objects = shelf.objects()?;
        let labels = shelf.labels()?;
        shelf.control().reserve(objects.total().count.saturating_mul(8))?;
        let mut order: Vec<TypeId> = objects.types().iter().map(|(id, _)| id).collect();
        order.sort_by(|&a, &b| labels.name(a).cmp(labels.name(b)).then(a.cmp(&b)));
        let mut starts = vec![0..0; order.len()];
        let mut end = 0;
        for ty in &order {
            let count = objects.histogram().get(ty.index()).map_or(0, |stats| stats.count as usize);
            starts[ty.index()] = end..end;
            end += count;
        }
        let mut addresses = vec![VirtAddr::NULL; end];
        for (seen, object) in (0u64..).zip(objects.iter()) {
            if seen.is_multiple_of(STRIDE) {
                let total = objects.total().count;
                shelf.control().tick(Progress { phase: "sorting objects", done: seen, total })?;
            }
            let Some(range) = starts.get_mut(object.ty.index()) else { continue };
            if let Some(place) = addresses.get_mut(range.end) {
                *place = object.address;
                range.end += 1;
            }
        }
        Ok(ByType { order, starts, addresses })
    }

    fn of_type(&self, ty: TypeId) -> impl Iterator<Item = VirtAddr> + '_ {
        let range = self.starts.get(ty.index()).cloned().unwrap_or(0..0);
        self.addresses.get(range).unwrap_or_default().iter().copied()
    }
}

impl Table for Objects<'_, '_> {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn rows<'t>(&'t self, access: Access) -> Result<Box<dyn Rows + 't>, QueryError> {
        let objects = self.shelf.objects()?;
        match access {
            Access::Equal(ADDRESS, value) => {
                let object = match Access::address(&value) {
                    Some(at) => self.object(at)?,
                    None => None,
                };
                match object {
                    Some(object) => self.stream(std::iter::once(object)),
                    None => Ok(Box::new(NoRows)),
                }
            }
            Access::Equal(column, value) => {
                let types = self.types(column, &value)?;
                if types.is_empty() {
                    return Ok(Box::new(NoRows));
                }
                if self.scans.fetch_add(1, Ordering::Relaxed) < SCANS {
                    let rows = objects.iter().filter(move |object| types.contains(&object.ty));
                    return self.stream(rows);
                }
                let sorted = self.by_type()?;
                let addresses = types.into_iter().flat_map(|ty| sorted.of_type(ty));
                self.stream(addresses.filter_map(|address| objects.object_at(address)))
            }
            Access::Range(_, low, high) => {
                let low = VirtAddr(low.unwrap_or(0).max(0).cast_unsigned());
                // An address in the upper half is a negative number, and comes last.
                let high = high.filter(|high| *high >= 0).map_or(u64::MAX, i64::cast_unsigned);
                let segments = objects.heap().segments().iter().enumerate();
                let near = segments.filter(move |(_, segment)| {
                    segment.objects.end > low && segment.objects.start.0 <= high
                });
                let near = near.flat_map(move |(index, _)| {
                    let within = objects.iter_segment(index);
                    within.take_while(move |object| object.address.0 <= high)
                });
                self.stream(near.filter(move |object| object.address >= low))
            }
            Access::Grouped(_) => {
                let sorted = self.by_type()?;
                let addresses = sorted.order.iter().flat_map(|&ty| sorted.of_type(ty));
                self.stream(addresses.filter_map(|address| objects.object_at(address)))
            }
            Access::All => self.stream(objects.iter()),
        }
    }
}

struct ObjectRows<'t, 's, 'data, I> {
    shelf: &'t Shelf<'s, 'data>,
    heap: &'t HeapObjects<'data>,
    objects: I,
    seen: u64,
    object: Option<Object>,
}

impl<I: Iterator<Item = Object>> Rows for ObjectRows<'_, '_, '_, I> {
    fn advance(&mut self) -> Result<bool, QueryError> {
        if self.seen.is_multiple_of(STRIDE) {
            self.shelf.control().check()?;
        }
        self.seen += 1;
        self.object = self.objects.next();
        Ok(self.object.is_some())
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, QueryError> {
        let Some(object) = self.object else { return Ok(Cell::Null) };
        let is_free = || self.heap.is_free(&object);
        Ok(match column {
            ADDRESS => object.address.into(),
            METHOD_TABLE => self.shelf.method_table(object.ty)?.into(),
            TYPE => self.shelf.labels()?.name(object.ty).into(),
            3 => Cell::optional(self.shelf.labels()?.assembly(object.ty)),
            4 => object.size.into(),
            5 | 6 => match self.heap.heap().segment_at(object.address) {
                Some(segment) if column == 6 => segment.heap.into(),
                Some(segment) => GenerationFilter::of(segment, object.address).name().into(),
                None => Cell::Null,
            },
            7 => is_free().into(),
            8 | 9 if !is_free() => {
                let Some(id) = self.shelf.graph()?.id(object.address) else {
                    return Ok(Cell::Null);
                };
                if column == 8 {
                    Cell::optional(self.shelf.alive(id)?)
                } else {
                    Cell::optional(self.shelf.search()?.distance(id))
                }
            }
            _ => Cell::Null,
        })
    }
}
