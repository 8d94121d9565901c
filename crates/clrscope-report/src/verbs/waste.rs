//! `waste`: memory that holds the same more than once, or nothing.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use clrscope_analyze::{CollectionWaste, EmptyArray, Grouped, StringGroups, TypeLabels};
use clrscope_clr::TypeId;
use serde::Serialize;

use super::strings::Strings;
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Objects that waste memory in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WasteRow {
    /// `string`, `collection` or `array`.
    pub kind: &'static str,
    /// The content of the strings; the name of the others' type.
    pub value: String,
    /// How many objects.
    pub count: u64,
    /// Bytes that they take: of collections, those of their places.
    pub bytes: u64,
    /// Bytes that could be saved: all but one of the strings, places without an element, zeros.
    pub wasted: u64,
    /// One of them, the largest; of strings none is kept.
    pub sample: Option<Address>,
}

/// What is wasted in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WasteSum {
    /// `string`, `collection` or `array`.
    pub kind: &'static str,
    /// How many groups there are.
    pub groups: u64,
    /// Bytes that could be saved.
    pub wasted: u64,
}

/// The answer of `waste`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waste {
    /// The ways, with what each wastes. An array that a collection keeps can be in two.
    pub kinds: Vec<WasteSum>,
    /// The groups that waste most, those that do so most last.
    pub groups: Vec<WasteRow>,
}

impl Waste {
    /// Says what is wasted: the `top` groups that waste most.
    pub fn new(
        strings: &StringGroups<'_>,
        collections: &[CollectionWaste],
        arrays: &[EmptyArray],
        labels: &TypeLabels,
        top: usize,
    ) -> Waste {
        let repeated = Strings::new(strings, true, None).groups.into_iter();
        let strings = repeated.map(|group| WasteRow {
            kind: "string",
            value: group.value,
            count: group.count,
            bytes: group.bytes,
            wasted: group.wasted,
            sample: None,
        });
        let collections = collections.iter().map(|waste| WasteRow {
            kind: "collection",
            value: labels.name(waste.ty).to_owned(),
            count: waste.collections,
            bytes: waste.bytes,
            wasted: waste.wasted,
            sample: Some(waste.largest.into()),
        });
        let mut groups: Vec<WasteRow> = strings.chain(collections).collect();
        groups.extend(of_arrays(arrays, labels));
        groups.retain(|group| group.wasted > 0);
        groups.sort_by_key(|group| group.wasted);
        let sum = |kind| {
            let of_kind = groups.iter().filter(|group| group.kind == kind);
            let wasted = of_kind.clone().map(|group| group.wasted).fold(0, u64::saturating_add);
            WasteSum { kind, groups: of_kind.count() as u64, wasted }
        };
        let kinds = ["string", "collection", "array"].map(sum).into();
        groups.drain(..groups.len().saturating_sub(top));
        Waste { kinds, groups }
    }
}

/// Large arrays of zeros by type; they come with the largest first.
fn of_arrays(arrays: &[EmptyArray], labels: &TypeLabels) -> impl Iterator<Item = WasteRow> {
    let mut sums: BTreeMap<TypeId, WasteRow> = BTreeMap::new();
    for array in arrays {
        let row = sums.entry(array.object.ty).or_insert_with(|| WasteRow {
            kind: "array",
            value: labels.name(array.object.ty).to_owned(),
            count: 0,
            bytes: 0,
            wasted: 0,
            sample: Some(array.object.address.into()),
        });
        row.count += 1;
        row.bytes = row.bytes.saturating_add(array.object.size);
        row.wasted = row.wasted.saturating_add(array.object.size.saturating_sub(array.used));
    }
    sums.into_values()
}

/// Characters of a string that text shows.
const SHOWN: usize = 80;

impl Report for Waste {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("Wasted", Align::Right),
            ("TotalSize", Align::Right),
            ("Count", Align::Right),
            ("Kind", Align::Left),
            ("Largest", Align::Left),
            ("What", Align::Left),
        ]);
        for group in &self.groups {
            let end = group.value.char_indices().nth(SHOWN).map(|(end, _)| end);
            let shown = &group.value[..end.unwrap_or(group.value.len())];
            let what = match group.kind {
                "string" => {
                    format!("\"{}\"{}", Escaped(shown), if end.is_some() { "…" } else { "" })
                }
                _ => Escaped(&group.value).to_string(),
            };
            let sample = group.sample.map(|sample| page.style().address(sample.into()).to_string());
            table.row([
                &Grouped(group.wasted) as &dyn Display,
                &Grouped(group.bytes),
                &Grouped(group.count),
                &group.kind,
                &sample.unwrap_or_default(),
                &what,
            ]);
        }
        table.write(page)?;
        for sum in &self.kinds {
            let what = match sum.kind {
                "string" => "the same strings more than once",
                "collection" => "places of collections without an element",
                _ => "large arrays of zeros",
            };
            writeln!(
                page,
                "{} bytes: {what}, {} groups",
                Grouped(sum.wasted),
                Grouped(sum.groups)
            )?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["kind", "count", "bytes", "wasted", "sample", "value"])?;
        self.groups.iter().try_for_each(|group| {
            rows.row(&[
                Cell::Text(group.kind),
                Cell::Number(group.count),
                Cell::Number(group.bytes),
                Cell::Number(group.wasted),
                group.sample.map_or(Cell::Empty, Cell::from),
                Cell::Text(&group.value),
            ])
        })
    }
}
