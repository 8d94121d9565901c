//! The elements of an array.

use std::io;

use clrscope_clr::{ArrayRef, ElementType, TextLimits, Type, Value};
use serde::Serialize;

use super::object::{DumpObj, Extent, Surroundings};
use super::value::json;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A dimension of an array.
#[derive(Debug, Clone, Serialize)]
pub struct DimensionRow {
    /// The first index.
    pub lower_bound: i32,
    /// Number of indexes.
    pub length: u32,
}

/// An element of an array.
#[derive(Debug, Clone, Serialize)]
pub struct ElementRow {
    /// Its index in each dimension.
    pub index: Vec<i32>,
    /// Where it is.
    pub address: Address,
    /// Its value, as that of a field.
    pub value: serde_json::Value,
    /// Its value as people read it.
    pub text: String,
    /// Of an object or a struct, all of it, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<DumpObj>>,
}

impl ElementRow {
    fn index(&self) -> String {
        let index: Vec<String> = self.index.iter().map(i32::to_string).collect();
        index.join(",")
    }
}

/// What an array holds.
#[derive(Debug, Clone, Serialize)]
pub struct Elements {
    /// Name of the elements' type.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// What they hold, as metadata calls it.
    pub element_type: String,
    /// Number of elements.
    pub length: u32,
    /// Dimensions, the outermost first.
    pub dimensions: Vec<DimensionRow>,
    /// The elements that were asked for.
    pub items: Vec<ElementRow>,
    #[serde(skip)]
    has_details: bool,
}

impl Elements {
    /// The elements of an array that `extent` has.
    pub fn new(
        array: &ArrayRef<'_, '_>,
        ty: &Type<'_, '_>,
        around: &Surroundings<'_, '_>,
        extent: Extent,
    ) -> Elements {
        let end = extent.start.saturating_add(extent.elements).min(array.len());
        let details = |value: &Value<'_, '_>| {
            if extent.details { details(value, around, extent.fields) } else { None }
        };
        let items = (extent.start..end).map_while(|place| {
            let value = array.get(place)?;
            Some(ElementRow {
                index: array.indexes_of(place),
                address: value.address().into(),
                value: json(&value),
                text: value.text(TextLimits::default()),
                details: details(&value),
            })
        });
        let dimensions = array.dimensions().map(|dimension| DimensionRow {
            lower_bound: dimension.lower_bound,
            length: dimension.length,
        });
        Elements {
            ty: ty.element().map(|element| element.name_in(around.style)),
            element_type: format!("{:?}", array.element_type()),
            length: array.len(),
            dimensions: dimensions.collect(),
            items: items.collect(),
            has_details: extent.details,
        }
    }
}

/// The object that an element refers to, or the struct that it is, as it is shown by itself.
fn details(
    value: &Value<'_, '_>,
    around: &Surroundings<'_, '_>,
    fields: bool,
) -> Option<Box<DumpObj>> {
    let extent = Extent { fields, ..Extent::FIELDS };
    let details = match value.element_type() {
        ElementType::Struct => DumpObj::of_value(value, around.style, fields),
        _ => value.as_object().map(|object| DumpObj::new(&object, None, around, extent)),
    };
    details.map(Box::new)
}

/// What is behind an element lies further in, as SOS has it.
const INDENT: &str = "    ";

/// As SOS writes an array.
pub(super) fn write(elements: &Elements, page: &mut Page<'_>) -> io::Result<()> {
    let rank = elements.dimensions.len();
    write!(
        page,
        "Array:       Rank {rank}, Number of elements {}",
        Grouped(elements.length.into())
    )?;
    writeln!(page, ", Type {}", elements.element_type)?;
    let from_zero = elements.dimensions.iter().all(|dimension| dimension.lower_bound == 0);
    if rank > 1 || !from_zero {
        let bounds: Vec<String> = elements
            .dimensions
            .iter()
            .map(|dimension| {
                let lower = i64::from(dimension.lower_bound);
                format!("{lower}..{}", lower + i64::from(dimension.length))
            })
            .collect();
        writeln!(page, "Bounds:      {}", bounds.join(", "))?;
    }
    if let Some(ty) = &elements.ty {
        writeln!(page, "Element Type: {}", Escaped(ty))?;
    }
    for item in &elements.items {
        writeln!(page, "[{}] {}", item.index(), Escaped(&item.text))?;
        if let Some(details) = &item.details {
            let mut text = Vec::new();
            details.text(&mut Page::new(&mut text, page.style()))?;
            for line in String::from_utf8_lossy(&text).lines() {
                writeln!(page, "{INDENT}{line}")?;
            }
        }
    }
    let left = elements.length as usize - elements.items.len().min(elements.length as usize);
    if left > 0 {
        writeln!(
            page,
            "{} of {} elements shown",
            Grouped(elements.items.len() as u64),
            Grouped(elements.length.into())
        )?;
    }
    Ok(())
}

/// A row for each element; with details, one for each of its fields.
pub(super) fn rows(elements: &Elements, rows: &mut Rows<'_>) -> io::Result<()> {
    if !elements.has_details {
        rows.header(&["index", "address", "value"])?;
        return elements.items.iter().try_for_each(|item| {
            rows.row(&[Cell::Text(&item.index()), item.address.into(), Cell::Text(&item.text)])
        });
    }
    rows.header(&["index", "address", "value", "object", "type", "field", "field_value"])?;
    for item in &elements.items {
        let index = item.index();
        let details = item.details.as_deref();
        let fields = details.into_iter().flat_map(|details| &details.fields);
        let fields: Vec<_> = fields.filter(|field| !field.is_static).collect();
        // What has no fields has a row, too.
        let fields = fields.iter().map(Some).chain(fields.is_empty().then_some(None));
        for field in fields {
            rows.row(&[
                Cell::Text(&index),
                item.address.into(),
                Cell::Text(&item.text),
                details.map_or(Cell::Empty, |details| details.address.into()),
                Cell::optional(details.map(|details| details.name.as_str())),
                Cell::optional(field.map(|field| field.name.as_str())),
                Cell::optional(field.and_then(|field| field.text.as_deref())),
            ])?;
        }
    }
    Ok(())
}
