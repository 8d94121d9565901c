//! ECMA-335 metadata: one module with an assembly, types and fields (partition II, chapters 22 to 24).

use crate::bytes::Bytes;

/// A field of a type definition.
#[derive(Debug, Clone)]
pub(super) struct FieldRow {
    pub(super) name: String,
    /// The element type of its signature.
    pub(super) element: u8,
}

/// A type definition.
#[derive(Debug, Clone)]
pub(super) struct TypeRow {
    pub(super) namespace: String,
    pub(super) name: String,
    /// The row of the type that it is nested in.
    pub(super) enclosing: Option<u32>,
    /// How many generic parameters it has.
    pub(super) parameters: u16,
    pub(super) fields: Vec<FieldRow>,
}

/// The metadata of an assembly with one module. Row 1 of its types is `<Module>`; `types` begin at row 2.
pub(super) fn metadata(assembly: &str, types: &[TypeRow]) -> Vec<u8> {
    let mut strings = Heap::new();
    let mut blobs = Heap::new();
    let module_name = strings.text(&format!("{assembly}.dll"));
    let assembly_name = strings.text(assembly);
    let globals = strings.text("<Module>");

    let fields: u32 = types.iter().map(|row| row.fields.len() as u32).sum();
    let field_index = |rows: &mut Bytes, row: u32| {
        if fields < 0x10000 {
            rows.u16(row as u16)
        } else {
            rows.u32(row)
        };
    };
    let type_count = types.len() as u32 + 1;
    let type_index = |rows: &mut Bytes, row: u32| {
        if type_count < 0x10000 {
            rows.u16(row as u16)
        } else {
            rows.u32(row)
        };
    };

    // Module: generation, name, three GUIDs.
    let mut module = Bytes::new();
    module.u16(0).u32(module_name).u16(1).u16(0).u16(0);

    // TypeDef: flags, name, namespace, base, first field, first method.
    let extends = |rows: &mut Bytes| {
        if type_count < 0x4000 {
            rows.u16(0)
        } else {
            rows.u32(0)
        };
    };
    let mut definitions = Bytes::new();
    definitions.u32(0).u32(globals).u32(0);
    extends(&mut definitions);
    field_index(&mut definitions, 1);
    definitions.u16(1);
    let mut field_rows = Bytes::new();
    let mut nested = Bytes::new();
    let mut parameters = Bytes::new();
    let (mut next_field, mut nested_count, mut parameter_count) = (1, 0, 0);
    for (index, row) in types.iter().enumerate() {
        let number = index as u32 + 2;
        // Public, or nested and public; a class.
        definitions.u32(if row.enclosing.is_some() { 2 } else { 1 });
        definitions.u32(strings.text(&row.name)).u32(strings.text(&row.namespace));
        extends(&mut definitions);
        field_index(&mut definitions, next_field);
        definitions.u16(1);
        next_field += row.fields.len() as u32;
        for field in &row.fields {
            // Field: flags (private), name, signature.
            field_rows.u16(1).u32(strings.text(&field.name)).u32(blobs.blob(&[6, field.element]));
        }
        if let Some(enclosing) = row.enclosing {
            type_index(&mut nested, number);
            type_index(&mut nested, enclosing);
            nested_count += 1;
        }
        for parameter in 0..row.parameters {
            // GenericParam: number, flags, owner (a type definition), name.
            parameters.u16(parameter).u16(0);
            let owner = number << 1;
            if type_count < 0x8000 {
                parameters.u16(owner as u16)
            } else {
                parameters.u32(owner)
            };
            parameters.u32(strings.text(&format!("T{parameter}")));
            parameter_count += 1;
        }
    }

    // Assembly: hash algorithm, version, flags, public key, name, culture.
    let mut assembly = Bytes::new();
    assembly.u32(0x8004).u16(1).u16(0).u16(0).u16(0).u32(0).u32(0).u32(assembly_name).u32(0);

    let tables = [
        (0x00, 1, module),
        (0x02, type_count, definitions),
        (0x04, fields, field_rows),
        (0x20, 1, assembly),
        (0x29, nested_count, nested),
        (0x2a, parameter_count, parameters),
    ];
    let mut stream = Bytes::new();
    // Version 2.0; wide indexes into strings and blobs.
    stream.u32(0).u8(2).u8(0).u8(0b101).u8(1);
    let present = tables.iter().filter(|table| 0 < table.1);
    stream.u64(present.clone().fold(0, |valid, table| valid | 1 << table.0));
    stream.u64(0x1600_3301_fa00);
    for (_, count, _) in present.clone() {
        stream.u32(*count);
    }
    for (_, _, rows) in present {
        stream.raw(rows.as_slice());
    }
    stream.align(4);
    root(&[
        ("#~", stream.into_vec()),
        ("#Strings", strings.0.into_vec()),
        ("#GUID", vec![7; 16]),
        ("#Blob", blobs.0.into_vec()),
    ])
}

/// The root: signature, version, and the list of streams.
fn root(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut root = Bytes::new();
    root.raw(b"BSJB").u16(1).u16(1).u32(0).u32(12).raw(b"v4.0.30319\0\0");
    root.u16(0).u16(streams.len() as u16);
    let headers: usize =
        streams.iter().map(|(name, _)| 8 + (name.len() + 1).next_multiple_of(4)).sum();
    let mut offset = root.len() + headers;
    for (name, contents) in streams {
        root.u32(offset as u32).u32(contents.len().next_multiple_of(4) as u32);
        root.raw(name.as_bytes()).u8(0).align(4);
        offset += contents.len().next_multiple_of(4);
    }
    for (_, contents) in streams {
        root.raw(contents).align(4);
    }
    root.into_vec()
}

/// A heap of strings or blobs; at 0 is the empty one.
struct Heap(Bytes);

impl Heap {
    fn new() -> Self {
        let mut bytes = Bytes::new();
        bytes.u8(0);
        Heap(bytes)
    }

    fn text(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let place = self.0.len() as u32;
        self.0.raw(text.as_bytes()).u8(0);
        place
    }

    fn blob(&mut self, blob: &[u8]) -> u32 {
        let place = self.0.len() as u32;
        self.0.u8(blob.len() as u8).raw(blob);
        place
    }
}
