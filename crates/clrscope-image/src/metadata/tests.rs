use clrscope_memory::IssueKind;
use proptest::prelude::*;

use super::rows::*;
use super::*;

/// Metadata as a table stream and heaps, put together byte by byte.
struct MetadataBuilder {
    stream_name: &'static [u8],
    /// For each table its number and its rows' bytes.
    tables: Vec<(u8, u32, Vec<u8>)>,
    strings: Vec<u8>,
    blobs: Vec<u8>,
    guids: Vec<u8>,
}

impl MetadataBuilder {
    fn new(stream_name: &'static [u8]) -> MetadataBuilder {
        let (strings, blobs) = (vec![0], vec![0]);
        MetadataBuilder { stream_name, tables: Vec::new(), strings, blobs, guids: vec![9; 16] }
    }

    fn string(&mut self, text: &str) -> u16 {
        let index = self.strings.len() as u16;
        self.strings.extend(text.as_bytes());
        self.strings.push(0);
        index
    }

    fn blob(&mut self, bytes: &[u8]) -> u16 {
        let index = self.blobs.len() as u16;
        self.blobs.push(bytes.len() as u8);
        self.blobs.extend(bytes);
        index
    }

    /// A table whose rows are made of 16-bit words.
    fn table(&mut self, table: TableId, rows: &[&[u16]]) {
        let bytes = rows.iter().flat_map(|row| row.iter().flat_map(|word| word.to_le_bytes()));
        self.tables.push((table.0, rows.len() as u32, bytes.collect()));
    }

    fn build(&self) -> Vec<u8> {
        let mut stream = vec![0, 0, 0, 0, 2, 0, 0, 1];
        let valid: u64 = self.tables.iter().map(|(table, ..)| 1u64 << table).sum();
        stream.extend(valid.to_le_bytes());
        stream.extend([0; 8]);
        let mut tables: Vec<_> = self.tables.iter().collect();
        tables.sort_by_key(|(table, ..)| *table);
        tables.iter().for_each(|(_, rows, _)| stream.extend(rows.to_le_bytes()));
        tables.iter().for_each(|(.., bytes)| stream.extend(bytes));

        let streams: [(&[u8], &[u8]); 4] = [
            (self.stream_name, &stream),
            (b"#Strings\0\0\0\0", &self.strings),
            (b"#GUID\0\0\0", &self.guids),
            (b"#Blob\0\0\0", &self.blobs),
        ];
        let mut root = b"BSJB\x01\0\x01\0\0\0\0\0\x0c\0\0\0v4.0.30319\0\0\0\0".to_vec();
        root.extend((streams.len() as u16).to_le_bytes());
        let headers: usize = streams.iter().map(|(name, _)| 8 + name.len()).sum();
        let mut at = root.len() + headers;
        for (name, bytes) in streams {
            root.extend((at as u32).to_le_bytes());
            root.extend((bytes.len() as u32).to_le_bytes());
            root.extend(name);
            at += bytes.len();
        }
        streams.iter().for_each(|(_, bytes)| root.extend(*bytes));
        root
    }
}

/// Two types, `N.Outer` and within it `Inner`, whose fields and methods were added in turns, so that the
/// order of the rows is not theirs.
fn grown() -> MetadataBuilder {
    let mut builder = MetadataBuilder::new(b"#-\0\0");
    let module = builder.string("<Module>");
    let outer = builder.string("Outer");
    let inner = builder.string("Inner");
    let namespace = builder.string("N");
    let names = ["a", "b", "c"].map(|name| builder.string(name));
    let int = builder.blob(&[0x06, 0x08]);
    let four = builder.blob(&[4, 0, 0, 0]);
    builder.table(TableId::Module, &[&[0, module, 1, 0, 0]]);
    builder.table(
        TableId::TypeDef,
        &[
            &[0, 0, module, 0, 0, 1, 1],
            &[1, 0, outer, namespace, 0, 1, 1],
            &[2, 0, inner, 0, 0, 3, 1],
        ],
    );
    // Outer has fields 1 and 3, Inner has field 2.
    builder.table(TableId::FieldPtr, &[&[1], &[3], &[2]]);
    builder.table(TableId::Field, &names.map(|name| [0x16, name, int]).each_ref().map(|r| &r[..]));
    // Constants of fields 3 and 1, in this order: not sorted by HasConstant (two bits, 0 is Field).
    builder.table(TableId::Constant, &[&[8, 3 << 2, four], &[8, 1 << 2, four]]);
    builder.table(TableId::NestedClass, &[&[3, 2]]);
    builder
}

#[test]
fn metadata_that_grew_is_read_through_its_pointers() {
    let bytes = grown().build();
    let parsed = Metadata::parse(&bytes).unwrap();
    assert!(parsed.is_complete(), "{:?}", parsed.issues);
    let metadata = parsed.value;
    assert!(metadata.is_uncompressed());
    assert_eq!(metadata.version(), "v4.0.30319");
    assert_eq!(metadata.mvid(), Some(crate::Guid([9; 16])));
    assert_eq!(metadata.module_name().as_deref(), Some("<Module>"));
    assert!(metadata.verify().is_empty());

    assert_eq!(metadata.fields(2).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(metadata.fields(3).collect::<Vec<_>>(), [2]);
    assert_eq!(metadata.fields(1).len(), 0);
    assert_eq!([1, 2, 3].map(|field| metadata.field_owner(field)), [Some(2), Some(3), Some(2)]);
    assert_eq!(metadata.field_owner(4), None);
    assert_eq!(metadata.full_name(Token(0x0200_0003)).as_deref(), Some("N.Outer+Inner"));
    assert_eq!(metadata.find_type_def("N.Outer+Inner"), Some(3));
    assert_eq!(metadata.find_type_def("N.Outer"), Some(2));
    assert_eq!(metadata.find_type_def("Inner"), None);

    let constant = metadata.constant(Token::new(TableId::Field, 1)).unwrap();
    assert_eq!(metadata.blob(constant.value), [4, 0, 0, 0]);
    assert!(metadata.constant(Token::new(TableId::Field, 3)).is_some());
    assert_eq!(metadata.constant(Token::new(TableId::Field, 2)), None);
    assert_eq!(metadata.constant(Token::new(TableId::TypeDef, 2)), None);
}

#[test]
fn types_that_are_nested_in_a_circle_end() {
    let mut builder = grown();
    builder.tables.retain(|(table, ..)| *table != TableId::NestedClass.0);
    builder.table(TableId::NestedClass, &[&[3, 2], &[2, 3]]);
    let bytes = builder.build();
    let metadata = Metadata::parse(&bytes).unwrap().value;
    let name = metadata.full_name(Token(0x0200_0003)).unwrap();
    assert_eq!(name.matches('+').count(), clrscope_memory::limits::MAX_DEPTH - 1);
}

#[test]
fn a_table_that_nobody_knows_ends_the_tables() {
    let mut builder = grown();
    builder.table(TableId(0x2d), &[&[1, 2, 3]]);
    // A table of symbols lies behind it.
    builder.table(TableId::LocalVariable, &[&[0, 0, 0]]);
    let bytes = builder.build();
    let parsed = Metadata::parse(&bytes).unwrap();
    let issues: Vec<_> = parsed.issues.iter().collect();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].kind, IssueKind::Unsupported);
    assert_eq!(parsed.value.row_count(TableId::LocalVariable), 0);
    assert_eq!(parsed.value.enclosing_type(3), Some(2));
}

#[test]
fn indexes_widen_with_the_tables_they_name() {
    // 65,535 rows are the most that two bytes can name; 65,536 take four.
    for (count, width) in [(0xffff, 2), (0x1_0000, 4)] {
        let mut builder = MetadataBuilder::new(b"#~\0\0");
        let fields = vec![0u8; count as usize * 6];
        builder.tables.push((TableId::Field.0, count, fields));
        let row = vec![0u8; 10 + width + 2];
        builder.tables.push((TableId::TypeDef.0, 1, row));
        let mut last = vec![0u8; 4 + width];
        last[0] = 7;
        builder.tables.push((TableId::FieldRva.0, 1, last));
        let bytes = builder.build();
        let parsed = Metadata::parse(&bytes).unwrap();
        assert!(parsed.is_complete(), "{:?}", parsed.issues);
        assert_eq!(parsed.value.row::<FieldRva>(1).map(|row| row.rva), Some(7));
    }
}

#[test]
fn metadata_that_is_cut_off_is_read_as_far_as_it_goes() {
    let bytes = grown().build();
    let whole = Metadata::parse(&bytes).unwrap().value;
    let heaps = bytes.len() - whole.heaps.strings.len() - 16 - whole.heaps.blobs.len();
    // The last row, that of NestedClass, loses its last byte; the heaps are gone.
    let parsed = Metadata::parse(&bytes[..heaps - 1]).unwrap();
    assert!(parsed.issues.iter().all(|issue| issue.kind == IssueKind::Truncated));
    assert_eq!(parsed.issues.count(), 5);
    assert_eq!(parsed.value.row_count(TableId::NestedClass), 0);
    assert_eq!(parsed.value.fields(2).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(parsed.value.full_name(Token(0x0200_0002)).as_deref(), Some(""));
    assert!(!parsed.value.verify().is_empty());
    assert_eq!(Metadata::parse(b"MZ").unwrap_err(), MetadataError::NotMetadata);
    assert_eq!(Metadata::parse(&bytes[..40]).unwrap_err(), MetadataError::NoTables);
}

#[test]
fn assemblies_have_names() {
    let mut builder = MetadataBuilder::new(b"#~\0\0");
    let name = builder.string("System.Runtime");
    let token = builder.blob(&[0xb0, 0x3f, 0x5f, 0x7f, 0x11, 0xd5, 0x0a, 0x3a]);
    let culture = builder.string("de-DE");
    let row = [10, 0, 14, 7, 0, 0, token, name, culture, 0];
    builder.table(TableId::AssemblyRef, &[&row]);
    let bytes = builder.build();
    let metadata = Metadata::parse(&bytes).unwrap().value;
    assert_eq!(
        metadata.assembly_ref_name(1).unwrap().to_string(),
        "System.Runtime, Version=10.0.14.7, Culture=de-DE, PublicKeyToken=b03f5f7f11d50a3a"
    );
    assert_eq!(metadata.assembly_name(), None);
    // ECMA-335 II.6.2.1.3's standard key, of sixteen bytes.
    let key = [0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(PublicKeyToken::of_key(&key).to_string(), "b77a5c561934e089");
}

/// Everything that can be asked of metadata.
fn ask_everything(metadata: &Metadata<'_>) {
    metadata.verify();
    let _ = metadata.assembly_name();
    metadata.mvid();
    for (type_def, row) in metadata.rows::<TypeDef>() {
        let token = Token::new(TableId::TypeDef, type_def);
        let name = metadata.full_name(token).unwrap_or_default();
        metadata.find_type_def(&name);
        metadata.full_name(row.extends);
        for field in metadata.fields(type_def).take(100) {
            metadata.field_owner(field);
            metadata.constant(Token::new(TableId::Field, field));
            metadata.field_offset(field);
            metadata.field_rva(field);
        }
        for method in metadata.methods(type_def).take(100) {
            metadata.method_owner(method);
            metadata.params(method).count();
        }
        metadata.properties(type_def).count();
        metadata.events(type_def).count();
        metadata.class_layout(type_def);
        metadata.generic_params(token).count();
        metadata.interface_impls(type_def).count();
        metadata.has_attribute(token, "System", "FlagsAttribute");
    }
}

proptest! {
    #[test]
    fn damaged_metadata_are_survived(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = grown().build();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
        if let Ok(parsed) = Metadata::parse(&bytes) {
            ask_everything(&parsed.value);
        }
    }
}
