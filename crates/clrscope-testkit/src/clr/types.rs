//! Types of the fake process: what their method tables say.

use super::arena::Arena;
use super::layout::{class, method_table};
use super::metadata::{FieldRow, TypeRow};

/// A word of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// A reference to an object.
    Reference,
    /// A number as wide as a pointer.
    Number,
}

/// What a type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeShape {
    /// A class. Each slot is a field: `_0`, `_1`...
    Class {
        /// Namespace; empty for nested classes.
        namespace: String,
        /// Name as metadata has it: ``List`1``.
        name: String,
        /// The class that it is nested in.
        enclosing: Option<TypeIndex>,
        /// Generic arguments: an instantiation. Its definition has as many parameters.
        arguments: Vec<TypeIndex>,
        /// Its fields.
        slots: Vec<Slot>,
        /// Whether it has a finalizer.
        finalizer: bool,
    },
    /// `System.String`.
    String,
    /// An array of references to objects of a type.
    References {
        /// The type of the elements.
        element: TypeIndex,
        /// Dimensions; 0 for the ordinary kind.
        rank: u32,
    },
    /// An array of a structure, all of whose words are slots.
    Structures {
        /// The type of the elements: a class, which is taken as a structure.
        element: TypeIndex,
        /// The words of an element.
        slots: Vec<Slot>,
    },
    /// An array of numbers.
    Numbers {
        /// The type of the elements: a class, which is taken as a number.
        element: TypeIndex,
        /// Bytes in an element.
        bytes: u16,
    },
    /// The runtime's own type for space between objects.
    Free,
}

impl TypeShape {
    /// A class that is not nested and not generic.
    pub fn class(namespace: &str, name: &str, slots: &[Slot]) -> Self {
        TypeShape::Class {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            enclosing: None,
            arguments: Vec::new(),
            slots: slots.to_vec(),
            finalizer: false,
        }
    }
}

/// A type of the fake process, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeIndex(pub usize);

/// A type, and what is needed to write its instances.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) shape: TypeShape,
    pub(super) method_table: u64,
    pub(super) base_size: u64,
    pub(super) component: u64,
    /// Name as C# writes it.
    pub(super) name: String,
    /// The module that defines it: 0 the core library, 1 the program.
    pub(super) module: usize,
}

impl Type {
    /// Raw size of an instance with `length` components.
    pub(super) fn size(&self, length: u64) -> u64 {
        self.base_size + self.component * length
    }
}

/// How `slots` of an instance or element are described to the GC: runs of references as first word and
/// length in words.
pub(super) fn runs(slots: &[Slot]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        match runs.last_mut() {
            _ if *slot != Slot::Reference => {}
            Some((start, length)) if *start + *length == index => *length += 1,
            _ => runs.push((index, 1)),
        }
    }
    runs
}

/// What a method table is made from.
pub(super) struct MethodTableParts<'a> {
    pub(super) shape: &'a TypeShape,
    pub(super) wide: bool,
    pub(super) base_size: u64,
    pub(super) component: u64,
    /// Row of the type in its module's metadata; 0 for arrays.
    pub(super) row: u32,
    /// Row of its first field there.
    pub(super) first_field: u32,
    pub(super) parent: u64,
    pub(super) module: u64,
    /// Method tables: of the element of an array, or the arguments of a generic type.
    pub(super) related: Vec<u64>,
}

/// Writes a method table, with what the GC needs before it and the class behind it.
pub(super) fn write_method_table(arena: &mut Arena, parts: &MethodTableParts<'_>) -> u64 {
    let pointer: u64 = if parts.wide { 8 } else { 4 };
    let at = |field| method_table(field, parts.wide);
    let description = gc_description(parts, pointer);
    let before = (description.len() as u64 * pointer).next_multiple_of(16);
    let start = arena.zeroes((before + at("!") + 4 * pointer) as usize, 16);
    let table = start + before;
    for (index, &word) in description.iter().enumerate() {
        arena.put_pointer(table - (index as u64 + 1) * pointer, word);
    }
    let mut flags = match parts.shape {
        TypeShape::Class { arguments, finalizer, .. } => {
            u32::from(*finalizer) << 20 | if arguments.is_empty() { 0 } else { 0x10 }
        }
        TypeShape::String | TypeShape::Free => 0x8000_0000 | parts.component as u32,
        // An array, with one dimension from zero.
        TypeShape::References { rank: 0, .. }
        | TypeShape::Structures { .. }
        | TypeShape::Numbers { .. } => 0x800a_0000 | parts.component as u32,
        TypeShape::References { .. } => 0x8008_0000 | parts.component as u32,
    };
    if !description.is_empty() {
        flags |= 0x0100_0000;
    }
    arena.put_u32(table, flags);
    arena.put_u32(table + 4, parts.base_size as u32);
    if *parts.shape == TypeShape::Free {
        return table;
    }
    arena.put_u32(table + 8, parts.row << 8);
    arena.put_u16(table + at("NumVirtuals"), 4);
    arena.put_pointer(table + at("ParentMethodTable"), parts.parent);
    arena.put_pointer(table + at("Module"), parts.module);
    let auxiliary = arena.zeroes(32, 16);
    arena.put_pointer(auxiliary + 8, parts.module);
    arena.put_pointer(table + at("AuxiliaryData"), auxiliary);
    let class_at = arena.zeroes(class::SIZE, 16);
    arena.put_pointer(class_at + class::METHOD_TABLE, table);
    arena.put(class_at + class::ELEMENT_TYPE, &[element_type(parts.shape)]);
    arena.put_pointer(table + at("EEClassOrCanonMT"), class_at);
    match parts.shape {
        TypeShape::Class { slots, arguments, .. } => {
            write_fields(arena, table, class_at, parts.first_field, slots, pointer);
            if !arguments.is_empty() {
                let dictionary = arena.zeroes(parts.related.len() * pointer as usize, 16);
                arena.put_pointers(dictionary, &parts.related);
                // Numbers of dictionaries and of parameters, then the dictionaries.
                let info = arena.zeroes(2 * 16, 16) + 16;
                arena.put_u16(info - 4, 1);
                arena.put_u16(info - 2, arguments.len() as u16);
                arena.put_pointer(info, dictionary);
                arena.put_pointer(table + at("PerInstInfo"), info);
            }
        }
        _ => {
            let element = parts.related.first().copied().unwrap_or(0);
            arena.put_pointer(table + at("PerInstInfo"), element);
        }
    }
    table
}

/// `CorElementType`: class, string, arrays.
fn element_type(shape: &TypeShape) -> u8 {
    match shape {
        TypeShape::Class { .. } | TypeShape::Free => 0x12,
        TypeShape::String => 0x0e,
        TypeShape::References { rank, .. } if 0 < *rank => 0x14,
        _ => 0x1d,
    }
}

/// Names and signatures of fields.
pub(super) fn field_rows(slots: &[Slot], wide: bool) -> Vec<FieldRow> {
    let row = |(index, slot): (usize, &Slot)| FieldRow {
        name: format!("_{index}"),
        element: if *slot == Slot::Reference { 0x1c } else { number_type(wide) },
    };
    slots.iter().enumerate().map(row).collect()
}

/// `ELEMENT_TYPE_I8` or `ELEMENT_TYPE_I4`.
fn number_type(wide: bool) -> u8 {
    if wide { 0x0a } else { 0x08 }
}

fn write_fields(
    arena: &mut Arena,
    table: u64,
    class_at: u64,
    first_row: u32,
    slots: &[Slot],
    pointer: u64,
) {
    if slots.is_empty() {
        return;
    }
    let size = pointer + 8;
    let list = arena.zeroes(slots.len() * size as usize, 16);
    for (index, slot) in slots.iter().enumerate() {
        let field = list + index as u64 * size;
        let kind = if *slot == Slot::Reference { 0x12 } else { number_type(pointer == 8) };
        arena.put_pointer(field, table);
        // The whole row number is there; the offset counts from behind the object's first word.
        arena.put_u32(field + pointer, 1 << 30 | (first_row + index as u32));
        arena.put_u32(field + pointer + 4, u32::from(kind) << 27 | (index as u64 * pointer) as u32);
    }
    arena.put_pointer(class_at + class::FIELDS, list);
    arena.put_u16(class_at + class::FIELD_COUNT, slots.len() as u16);
}

/// The words before a method table, nearest first (dotnet/runtime, src/coreclr/gc/gcdesc.h).
fn gc_description(parts: &MethodTableParts<'_>, pointer: u64) -> Vec<u64> {
    match parts.shape {
        TypeShape::Class { slots, .. } => {
            let runs = runs(slots);
            let mut words = vec![runs.len() as u64];
            // The series are in order of falling address.
            for &(start, length) in runs.iter().rev() {
                words.push(pointer * (1 + start as u64));
                words.push((pointer * length as u64).wrapping_sub(parts.base_size));
            }
            if runs.is_empty() { Vec::new() } else { words }
        }
        TypeShape::References { .. } => {
            vec![1, parts.base_size - pointer, parts.base_size.wrapping_neg()]
        }
        TypeShape::Structures { slots, .. } => {
            let runs = runs(slots);
            let Some(&(first, _)) = runs.first() else { return Vec::new() };
            let mut words = vec![(runs.len() as u64).wrapping_neg(), pointer * (2 + first as u64)];
            for (index, &(start, length)) in runs.iter().enumerate() {
                // Behind the last run comes the first of the next element.
                let next = runs.get(index + 1).map_or(slots.len() + first, |run| run.0);
                let skip = pointer * (next - start - length) as u64;
                words.push(skip << (4 * pointer) | length as u64);
            }
            words
        }
        _ => Vec::new(),
    }
}

/// The row of a class in its module's metadata.
pub(super) fn type_row(
    namespace: &str,
    name: &str,
    enclosing: Option<u32>,
    parameters: u16,
    slots: &[Slot],
    wide: bool,
) -> TypeRow {
    TypeRow {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        enclosing,
        parameters,
        fields: field_rows(slots, wide),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_touch_are_one_run() {
        use Slot::{Number, Reference};
        assert_eq!(runs(&[Reference, Reference, Number, Reference]), [(0, 2), (3, 1)]);
        assert_eq!(runs(&[Number]), []);
    }
}
