//! The tables: one file for each.

mod objects;
mod references;
mod roots;
mod strings;
mod types;

use clrscope_analyze::TypeLabels;
use clrscope_clr::{HeapGraph, HeapObjects, NameStyle, Runtime};
use clrscope_memory::{Control, Issues};

use crate::definition::Definition;
use crate::error::ExportError;
use crate::sheet::Sheet;

/// A table that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Every object of the heap.
    Objects,
    /// Every reference from object to object.
    References,
    /// The types that have objects.
    Types,
    /// What keeps objects alive.
    Roots,
    /// Every string with its text.
    Strings,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 5] =
        [Table::Objects, Table::References, Table::Types, Table::Roots, Table::Strings];

    /// Its name and its columns.
    pub const fn definition(self) -> &'static Definition {
        match self {
            Table::Objects => &objects::DEFINITION,
            Table::References => &references::DEFINITION,
            Table::Types => &types::DEFINITION,
            Table::Roots => &roots::DEFINITION,
            Table::Strings => &strings::DEFINITION,
        }
    }

    /// The table with a name.
    pub fn named(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.definition().name == name)
    }

    /// Whether it is made of the graph.
    pub(crate) const fn needs_graph(self) -> bool {
        matches!(self, Table::References | Table::Roots)
    }

    pub(crate) fn write(
        self,
        heap: &Heap<'_, '_>,
        sheet: &mut Sheet,
    ) -> Result<Issues, ExportError> {
        match self {
            Table::Objects => objects::write(heap, sheet)?,
            Table::References => references::write(heap, sheet)?,
            Table::Types => types::write(heap, sheet)?,
            Table::Roots => roots::write(heap, sheet)?,
            Table::Strings => return strings::write(heap, sheet),
        }
        Ok(Issues::new())
    }
}

/// What tables are made of.
pub(crate) struct Heap<'a, 'data> {
    pub(crate) runtime: &'a Runtime<'data>,
    pub(crate) objects: &'a HeapObjects<'data>,
    /// Only if a table needs it.
    pub(crate) graph: Option<&'a HeapGraph<'data>>,
    pub(crate) labels: &'a TypeLabels,
    pub(crate) style: NameStyle,
    pub(crate) control: &'a Control<'a>,
}

/// Rows after which an export is asked whether to go on.
const STRIDE: u64 = 1 << 14;
