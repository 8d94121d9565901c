//! An object as a whole.

use std::io;

use clrscope_clr::code::MethodFinder;
use clrscope_clr::{HeapObjects, NameStyle, ObjectRef, Value};
use serde::Serialize;

use super::collection::{self, CollectionRow};
use super::elements::{self, Elements};
use super::fields::{self, FieldRow};
use super::references::{self, ReferenceRow};
use super::view::{self, ViewRow};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// How much of an object is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Whether fields are; of an array with `details`, those of its elements.
    pub fields: bool,
    /// The first element of an array that is.
    pub start: u32,
    /// How many elements are.
    pub elements: u32,
    /// Whether each of those is shown as if it had been asked for by itself.
    pub details: bool,
    /// Whether the references that it holds are.
    pub references: bool,
}

impl Extent {
    /// An object with its fields and the first of its elements.
    pub const FIELDS: Extent = Extent {
        fields: true,
        start: 0,
        elements: SHOWN_ELEMENTS,
        details: false,
        references: false,
    };
}

/// What an object is read with.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a, 'data> {
    /// The heap.
    pub objects: &'a HeapObjects<'data>,
    /// Names methods, where there is one.
    pub methods: Option<&'a MethodFinder<'data>>,
    /// How names of types are spelled.
    pub style: NameStyle,
}

/// The answer of `dumpobj`, `dumparray` and `dumpvc`.
#[derive(Debug, Clone, Serialize)]
pub struct DumpObj {
    /// Where it is.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// Its `EEClass`.
    pub class: Option<Address>,
    /// Name of its type.
    pub name: String,
    /// Path of the module that declares its type.
    pub file: Option<String>,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Its generation: 0, 1, 2; 3 for large and 4 for pinned objects; `None` if it is not on the heap.
    pub generation: Option<u32>,
    /// What is wrong with the object or its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The text of a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string: Option<String>,
    /// The value in a box, as people read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boxed: Option<String>,
    /// What an array holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elements: Option<Elements>,
    /// What it is, of kinds that are no collections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewRow>,
    /// What a collection holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<CollectionRow>,
    /// Its fields.
    pub fields: Vec<FieldRow>,
    /// The references that it holds, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refs: Option<Vec<ReferenceRow>>,
    #[serde(skip)]
    shows_fields: bool,
    #[serde(skip)]
    is_value: bool,
}

impl DumpObj {
    /// Says what `object` holds; `verdict` is what is wrong with it.
    pub fn new(
        object: &ObjectRef<'_, '_>,
        verdict: Option<String>,
        around: &Surroundings<'_, '_>,
        extent: Extent,
    ) -> DumpObj {
        let Surroundings { objects, methods, style } = *around;
        let address = object.address();
        let segment = objects.heap().segment_at(address);
        let ty = object.ty();
        let array = object.as_array();
        let shows_fields = extent.fields && array.is_none();
        DumpObj {
            address: address.into(),
            mt: ty.method_table().into(),
            class: ty.class().map(Address::from),
            name: if ty.is_free() { "Free".to_owned() } else { ty.name_in(style) },
            file: ty.module().map(|module| module.file_name().to_owned()),
            bytes: object.size(),
            generation: segment.map(|segment| segment.generation_of(address)),
            verdict,
            string: object.as_str().map(|string| string.to_string()),
            boxed: object.unboxed().and_then(|_| object.brief(Default::default())),
            elements: array.map(|array| Elements::new(&array, ty, around, extent)),
            collection: object
                .as_collection(extent.elements as usize)
                .map(|collection| CollectionRow::new(&collection)),
            view: object
                .as_view(extent.elements as usize)
                .map(|view| ViewRow::new(&view, methods, style)),
            fields: if shows_fields { FieldRow::of_object(object, style) } else { Vec::new() },
            refs: extent.references.then(|| ReferenceRow::of(objects, address, style)),
            shows_fields,
            is_value: false,
        }
    }

    /// Says what the struct at a place holds, with its fields or without. `None` if its type is not known.
    pub fn of_value(
        value: &Value<'_, '_>,
        style: NameStyle,
        shows_fields: bool,
    ) -> Option<DumpObj> {
        let ty = value.ty()?;
        Some(DumpObj {
            address: value.address().into(),
            mt: ty.method_table().into(),
            class: ty.class().map(Address::from),
            name: ty.name_in(style),
            file: ty.module().map(|module| module.file_name().to_owned()),
            bytes: ty.field_bytes().unwrap_or(0),
            generation: None,
            verdict: None,
            string: None,
            boxed: None,
            elements: None,
            collection: value
                .as_collection(SHOWN_ELEMENTS as usize)
                .map(|collection| CollectionRow::new(&collection)),
            view: None,
            fields: if shows_fields { FieldRow::of_value(value, &ty, style) } else { Vec::new() },
            refs: None,
            shows_fields,
            is_value: true,
        })
    }
}

/// Elements of an array or a collection that are shown, unless more are asked for.
const SHOWN_ELEMENTS: u32 = 16;
/// Characters of a string that text shows.
const SHOWN: usize = 4_096;

impl Report for DumpObj {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        if let Some(verdict) = &self.verdict {
            page.warning(Escaped(verdict))?;
        }
        writeln!(page, "Name:        {}", Escaped(&self.name))?;
        writeln!(page, "MethodTable: {}", style.address(self.mt.into()))?;
        if let Some(class) = self.class {
            writeln!(page, "EEClass:     {}", style.address(class.into()))?;
        }
        writeln!(page, "Size:        {}({:#x}) bytes", Grouped(self.bytes), self.bytes)?;
        if let Some(generation) = self.generation {
            writeln!(page, "Generation:  {generation}")?;
        }
        if let Some(file) = &self.file {
            writeln!(page, "File:        {}", Escaped(file))?;
        }
        if let Some(string) = &self.string {
            let end = string.char_indices().nth(SHOWN).map(|(end, _)| end);
            let mark = if end.is_some() { "…" } else { "" };
            let shown = &string[..end.unwrap_or(string.len())];
            writeln!(page, "String:      {}{mark}", Escaped(shown))?;
        }
        if let Some(boxed) = &self.boxed {
            writeln!(page, "Value:       {}", Escaped(boxed))?;
        }
        if let Some(elements) = &self.elements {
            elements::write(elements, page)?;
        }
        if let Some(collection) = &self.collection {
            collection::write(collection, page)?;
        }
        if let Some(view) = &self.view {
            view::write(view, page)?;
        }
        // SOS counts the offsets of an object's fields from its method table pointer.
        let base = if self.is_value { 0 } else { style.target.pointer_bytes() };
        if self.shows_fields {
            fields::write(&self.fields, base, page)?;
        }
        match &self.refs {
            Some(held) => references::write(held, self.address, page),
            None => Ok(()),
        }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        if let Some(held) = &self.refs {
            return references::rows(held, rows);
        }
        if let Some(elements) = &self.elements {
            return elements::rows(elements, rows);
        }
        rows.header(&["name", "offset", "type", "element_type", "static", "value"])?;
        for field in &self.fields {
            rows.row(&[
                Cell::Text(&field.name),
                Cell::optional_number(field.offset.map(u64::from)),
                Cell::Text(&field.ty),
                Cell::Text(&field.element_type),
                Cell::Flag(field.is_static),
                Cell::optional(field.text.as_deref()),
            ])?;
        }
        Ok(())
    }
}
