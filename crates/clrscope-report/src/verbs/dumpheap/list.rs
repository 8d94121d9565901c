//! Objects one by one. There can be tens of millions: rows are formatted as they come, without an
//! allocation for each.

use std::cell::RefCell;
use std::fmt;
use std::io;

use clrscope_analyze::{GenerationFilter, Selector, TypeLabels};
use clrscope_clr::TypeTable;
use clrscope_memory::VirtAddr;
use serde::ser::{Error as _, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::statistics::Statistics;
use crate::number::{Address, push_grouped, push_hex};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectRow<'a> {
    /// Its address.
    pub address: VirtAddr,
    /// Its method table.
    pub mt: VirtAddr,
    /// The name of its type.
    pub name: &'a str,
    /// Bytes that it takes.
    pub bytes: u64,
    /// `gen0`, `gen1`, `gen2`, `loh`, `poh` or `frozen`.
    pub generation: &'static str,
    /// Whether it is a gap between objects.
    pub is_free: bool,
}

/// Where the objects of a list come from.
pub trait ObjectSource {
    /// Calls `visit` for each object in order, until it fails.
    fn visit(&self, visit: &mut dyn FnMut(ObjectRow<'_>) -> io::Result<()>) -> io::Result<()>;
}

/// The objects of a heap that a selector accepts.
#[derive(Debug)]
pub struct HeapRows<'a, 'data> {
    types: &'a TypeTable,
    labels: &'a TypeLabels,
    selector: &'a Selector<'a, 'data>,
}

impl<'a, 'data> HeapRows<'a, 'data> {
    /// The objects that `selector` accepts, with names from `labels`.
    pub fn new(
        types: &'a TypeTable,
        labels: &'a TypeLabels,
        selector: &'a Selector<'a, 'data>,
    ) -> HeapRows<'a, 'data> {
        HeapRows { types, labels, selector }
    }
}

impl ObjectSource for HeapRows<'_, '_> {
    fn visit(&self, visit: &mut dyn FnMut(ObjectRow<'_>) -> io::Result<()>) -> io::Result<()> {
        for (segment, object) in self.selector.iter() {
            let info = self.types.get(object.ty);
            visit(ObjectRow {
                address: object.address,
                mt: info.map_or(VirtAddr::NULL, |info| info.address),
                name: self.labels.name(object.ty),
                bytes: object.size,
                generation: GenerationFilter::of(segment, object.address).name(),
                is_free: info.is_some_and(|info| info.is_free),
            })?;
        }
        Ok(())
    }
}

/// The answer of `dumpheap` without `-stat`.
pub struct ObjectList<'a> {
    /// The objects.
    pub objects: &'a dyn ObjectSource,
    /// The same by type, printed after them.
    pub statistics: Statistics,
    /// Whether to print addresses alone.
    pub short: bool,
}

/// Bytes of text that are gathered before they are written.
const CHUNK: usize = 1 << 16;

impl ObjectList<'_> {
    fn chunks(
        &self,
        page: &mut Page<'_>,
        format: impl Fn(&mut Vec<u8>, ObjectRow<'_>),
    ) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(CHUNK + 256);
        self.objects.visit(&mut |object| {
            format(&mut buffer, object);
            if buffer.len() >= CHUNK {
                page.write_all(&buffer)?;
                buffer.clear();
            }
            Ok(())
        })?;
        page.write_all(&buffer)
    }
}

impl Report for ObjectList<'_> {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let width = page.style().address_width();
        if self.short {
            return self.chunks(page, |buffer, object| {
                push_hex(buffer, object.address.0, width);
                buffer.push(b'\n');
            });
        }
        if page.style().classic {
            writeln!(page, "{:>width$} {:>width$} {:>8}", "Address", "MT", "Size")?;
            self.chunks(page, |buffer, object| {
                push_hex(buffer, object.address.0, width);
                buffer.push(b' ');
                push_hex(buffer, object.mt.0, width);
                let size = object.bytes.to_string();
                buffer.resize(buffer.len() + 9usize.saturating_sub(size.len()), b' ');
                buffer.extend_from_slice(size.as_bytes());
                buffer.extend_from_slice(if object.is_free { b" Free\n" } else { b"     \n" });
            })?;
        } else {
            writeln!(page, "{:>width$} {:>width$} {:>14}", "Address", "MT", "Size")?;
            self.chunks(page, |buffer, object| {
                push_hex(buffer, object.address.0, width);
                buffer.push(b' ');
                push_hex(buffer, object.mt.0, width);
                buffer.push(b' ');
                push_grouped(buffer, object.bytes, 14);
                buffer.extend_from_slice(if object.is_free { b" Free\n" } else { b"\n" });
            })?;
        }
        writeln!(page)?;
        self.statistics.text(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "mt", "bytes", "generation", "name"])?;
        self.objects.visit(&mut |object| {
            rows.row(&[
                Cell::Address(object.address),
                Cell::Address(object.mt),
                Cell::Number(object.bytes),
                Cell::Text(object.generation),
                Cell::Text(object.name),
            ])
        })
    }

    fn is_bare(&self) -> bool {
        self.short
    }
}

impl Serialize for ObjectList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("ObjectList", 3)?;
        data.serialize_field("count", &self.statistics.objects)?;
        data.serialize_field("bytes", &self.statistics.bytes)?;
        data.serialize_field("objects", &Streamed(self.objects))?;
        data.end()
    }
}

/// Objects as a JSON array that is written as they come.
struct Streamed<'a>(&'a dyn ObjectSource);

#[derive(Serialize)]
struct ObjectEntry<'a> {
    address: Address,
    mt: Address,
    name: &'a str,
    bytes: u64,
    generation: &'static str,
}

impl Serialize for Streamed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        let failure = RefCell::new(None);
        let visited = self.0.visit(&mut |object| {
            let entry = ObjectEntry {
                address: object.address.into(),
                mt: object.mt.into(),
                name: object.name,
                bytes: object.bytes,
                generation: object.generation,
            };
            array.serialize_element(&entry).map_err(|error| {
                *failure.borrow_mut() = Some(error);
                io::Error::other("the answer cannot be written")
            })
        });
        match (failure.into_inner(), visited) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => array.end(),
        }
    }
}

impl fmt::Debug for ObjectList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectList").field("statistics", &self.statistics).finish_non_exhaustive()
    }
}
