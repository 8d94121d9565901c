//! A collection seen as what it is.

use std::io;

use clrscope_clr::{Collection, Element, TextLimits};
use serde::Serialize;

use super::value::json;
use crate::escape::Escaped;
use crate::page::Page;
use clrscope_analyze::Grouped;

/// An element of a collection.
#[derive(Debug, Clone, Serialize)]
pub struct CollectionElement {
    /// The key, in a dictionary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<serde_json::Value>,
    /// The element, as the value of a field.
    pub value: serde_json::Value,
    /// The element as people read it.
    pub text: String,
}

/// What a collection holds.
#[derive(Debug, Clone, Serialize)]
pub struct CollectionRow {
    /// What it is: `List`, `Dictionary`...
    pub kind: &'static str,
    /// How many elements it says that it has.
    pub count: Option<u64>,
    /// Places for elements that it takes memory for.
    pub capacity: Option<u64>,
    /// Count by capacity.
    pub fill: Option<f64>,
    /// The first elements.
    pub elements: Vec<CollectionElement>,
}

impl CollectionRow {
    /// Says what `collection` holds.
    pub fn new(collection: &Collection<'_, '_>) -> CollectionRow {
        let limits = TextLimits::default();
        let elements = collection.elements.iter().map(|element| match element {
            Element::Item(value) => {
                CollectionElement { key: None, value: json(value), text: value.text(limits) }
            }
            Element::Pair { key, value } => CollectionElement {
                key: Some(json(key)),
                value: json(value),
                text: format!("{} = {}", key.text(limits), value.text(limits)),
            },
        });
        CollectionRow {
            kind: collection.kind,
            count: collection.count,
            capacity: collection.capacity,
            fill: collection.fill(),
            elements: elements.collect(),
        }
    }
}

/// One line of what it is, then its elements.
pub(super) fn write(collection: &CollectionRow, page: &mut Page<'_>) -> io::Result<()> {
    write!(page, "Collection:  {}", collection.kind)?;
    if let Some(count) = collection.count {
        let plural = if count == 1 { "" } else { "s" };
        write!(page, ", {} element{plural}", Grouped(count))?;
    }
    if let Some(capacity) = collection.capacity {
        write!(page, ", capacity {}", Grouped(capacity))?;
    }
    if let Some(fill) = collection.fill {
        write!(page, " ({:.0} % full)", fill * 100.0)?;
    }
    writeln!(page)?;
    for (index, element) in collection.elements.iter().enumerate() {
        writeln!(page, "[{index}] {}", Escaped(&element.text))?;
    }
    let shown = collection.elements.len() as u64;
    if let Some(count) = collection.count.filter(|&count| count > shown) {
        writeln!(page, "{} of {} elements shown", Grouped(shown), Grouped(count))?;
    }
    Ok(())
}
