//! Any bytes as metadata: every row, every name, every signature.

#![no_main]

use clrscope_image::{Metadata, SignatureReader, TableId, Token, rows};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The same bytes as a signature.
    let reader = SignatureReader::new(data);
    let _ = reader.clone().field();
    let _ = reader.clone().method();
    let _ = reader.clone().property();
    let _ = reader.clone().locals();
    let _ = reader.clone().method_spec();
    let _ = reader.clone().type_spec();

    let Ok(parsed) = Metadata::parse(data) else { return };
    let metadata = parsed.value;
    metadata.verify();
    let _ = (metadata.assembly_name(), metadata.module_name(), metadata.mvid());
    for (assembly, _) in metadata.rows::<rows::AssemblyRef>().take(100) {
        let _ = metadata.assembly_ref_name(assembly);
    }
    for (type_def, row) in metadata.rows::<rows::TypeDef>().take(500) {
        let token = Token::new(TableId::TypeDef, type_def);
        if let Some(name) = metadata.full_name(token) {
            metadata.find_type_def(&name);
        }
        metadata.full_name(row.extends);
        for field in metadata.fields(type_def).take(100) {
            metadata.field_owner(field);
            metadata.constant(Token::new(TableId::Field, field));
            metadata.field_offset(field);
            if let Some(row) = metadata.row::<rows::Field>(field) {
                let _ = SignatureReader::new(metadata.blob(row.signature)).field();
            }
        }
        for method in metadata.methods(type_def).take(100) {
            metadata.method_owner(method);
            metadata.params(method).take(100).for_each(|param| {
                metadata.param_owner(param);
            });
            if let Some(row) = metadata.row::<rows::MethodDef>(method) {
                let _ = SignatureReader::new(metadata.blob(row.signature)).method();
            }
        }
        metadata.properties(type_def).take(100).count();
        metadata.events(type_def).take(100).count();
        metadata.has_attribute(token, "System", "FlagsAttribute");
    }
});
