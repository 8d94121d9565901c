//! The elements of an array.

use std::io;

use clrscope_clr::{ArrayRef, NameStyle, TextLimits, Type};
use serde::Serialize;

use super::value::json;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
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
}

impl Elements {
    /// At most `count` elements of an array from `start` on.
    pub fn new(
        array: &ArrayRef<'_, '_>,
        ty: &Type<'_, '_>,
        style: NameStyle,
        start: u32,
        count: u32,
    ) -> Elements {
        let end = start.saturating_add(count).min(array.len());
        let items = (start..end).map_while(|place| {
            let value = array.get(place)?;
            Some(ElementRow {
                index: array.indexes_of(place),
                address: value.address().into(),
                value: json(&value),
                text: value.text(TextLimits::default()),
            })
        });
        let dimensions = array.dimensions().map(|dimension| DimensionRow {
            lower_bound: dimension.lower_bound,
            length: dimension.length,
        });
        Elements {
            ty: ty.element().map(|element| element.name_in(style)),
            element_type: format!("{:?}", array.element_type()),
            length: array.len(),
            dimensions: dimensions.collect(),
            items: items.collect(),
        }
    }
}

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
        let index: Vec<String> = item.index.iter().map(i32::to_string).collect();
        writeln!(page, "[{}] {}", index.join(","), Escaped(&item.text))?;
    }
    let left = elements.length as usize - elements.items.len().min(elements.length as usize);
    if left > 0 {
        writeln!(page, "{} of {} elements shown", elements.items.len(), elements.length)?;
    }
    Ok(())
}
