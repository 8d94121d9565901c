use std::collections::BTreeSet;

use clrscope_clr::code::{CodeMap, Compilation, MethodKind};
use clrscope_clr::il::NoIl;
use clrscope_clr::{Module, Runtime};
use clrscope_image::rows::MethodDef;
use clrscope_image::{Operand, TableId};
use clrscope_testkit::corpus;

use crate::support::with_runtime;

/// What was found of the methods of a dump.
#[derive(Debug, Default)]
struct Counted {
    methods: usize,
    jitted: usize,
    prepared: usize,
}

/// All methods that metadata gives to a loaded type have records, and each is of the type.
fn count(runtime: &Runtime<'_>, name: &str) -> Counted {
    let code = CodeMap::new(runtime).expect(name);
    let types = runtime.types().expect(name);
    let mut counted = Counted::default();
    for table in types.loaded() {
        // A native image holds method tables that the runtime has not prepared.
        let Some(ty) = types.get(table) else { continue };
        let methods = code.methods_of(&ty);
        let found: BTreeSet<u32> = methods.iter().map(|method| method.row).collect();
        let declared: BTreeSet<u32> = ty.methods().iter().map(|m| m.token.rid()).collect();
        if !declared.is_empty() {
            assert_eq!(found, declared, "{name}: {ty:?}");
        }
        for method in &methods {
            assert_eq!(code.method_desc(method.address), Some(*method), "{name}: {ty:?}");
            assert_eq!(method.method_table, ty.canonical_method_table().unwrap(), "{name}: {ty:?}");
            counted.methods += 1;
            for native in code.native_code(method.address) {
                let at = code.method_at(native.start).expect("code");
                assert_eq!(at.method_desc, Some(method.address), "{name}: {ty:?} {method:?}");
                assert_eq!((at.start, at.offset), (native.start, 0), "{name}: {ty:?} {method:?}");
                match native.compilation {
                    Compilation::Jit => counted.jitted += 1,
                    _ => counted.prepared += 1,
                }
            }
        }
    }
    for method in code.jitted() {
        let Some(record) = method.method_desc else { continue };
        let record = code.method_desc(record).unwrap_or_else(|| panic!("{name}: {method:?}"));
        let is_declared = !matches!(record.kind, MethodKind::Dynamic | MethodKind::Instantiated);
        if is_declared {
            let ty = types.get(record.method_table).expect("a type");
            assert!(code.methods_of(&ty).contains(&record), "{name}: {ty:?} {record:?}");
        }
    }
    counted
}

#[test]
fn every_method_of_a_loaded_type_has_a_record() {
    for dump in corpus::dumps() {
        // These hold no structures of types or no images, or were taken while the process made types.
        let without = ["mini", "private", "series-1", "series-2", "series-3"];
        if without.iter().any(|end| dump.name().ends_with(end)) {
            continue;
        }
        with_runtime(&dump, |runtime| {
            let counted = count(runtime, dump.name());
            assert!(counted.methods > 10_000, "{}: {counted:?}", dump.name());
            assert!(counted.jitted > 10, "{}: {counted:?}", dump.name());
            assert!(counted.prepared > 100, "{}: {counted:?}", dump.name());
        });
    }
}

/// How many methods of a module have IL that reads well; those whose IL the dump lacks are left out.
fn readable(runtime: &Runtime<'_>, module: &Module<'_>) -> usize {
    let rows = module.metadata().map_or(0, |metadata| metadata.row_count(TableId::MethodDef));
    let mut read = 0;
    for row in 1..=rows {
        let il = match runtime.method_il(module.address(), row) {
            Ok(il) => il,
            Err(NoIl::HasNone(_) | NoIl::Absent(_)) => continue,
            Err(error) => panic!("{module:?} {row}: {error}"),
        };
        let context = format!("{} {row}", module.file_name());
        let mut instructions = il.body.instructions();
        for instruction in instructions.by_ref() {
            if let Operand::Token(token) = instruction.operand {
                assert!(il.token_name(token).is_some(), "{context}: {instruction:?}");
            }
        }
        assert!(instructions.rest().is_empty(), "{context}");
        // Reflection.Emit writes a signature of no variables too.
        let is_nil = il.body.local_signature.is_nil();
        assert!(!is_nil || il.locals().is_empty(), "{context}");
        assert!(is_nil || module.is_dynamic() || !il.locals().is_empty(), "{context}");
        read += 1;
    }
    read
}

#[test]
fn il_of_images_reads_to_its_end_and_all_its_tokens_have_names() {
    let mut read = 0;
    for name in
        ["core21-x86-wks-all", "core31-x64-wks-all", "net6-x64-case004", "net10-x64-wks-all"]
    {
        let Some(dump) = corpus::dump(name) else { continue };
        with_runtime(&dump, |runtime| {
            let modules = runtime.modules().iter();
            let modules = modules.filter(|module| !module.is_dynamic());
            read += modules.map(|module| readable(runtime, module)).sum::<usize>();
        });
    }
    assert!(read > 1_000, "{read}");
}

#[test]
fn il_that_was_emitted_is_found() {
    for dump in corpus::dumps() {
        with_runtime(&dump, |runtime| {
            let mut modules = runtime.modules().iter().filter(|module| module.is_dynamic());
            // One of each maker's is as good as all.
            for module in modules.by_ref().take(20) {
                let metadata = module.metadata().expect("metadata");
                let rows = 1..=metadata.row_count(TableId::MethodDef);
                // Not abstract, and not of the runtime, as the methods of delegates are.
                let bodies = rows.filter_map(|row| metadata.row::<MethodDef>(row));
                let bodies = bodies.filter(|m| m.flags & 0x400 == 0 && m.impl_flags & 3 == 0);
                let bodies = bodies.count();
                let context = format!("{} {module:?}", dump.name());
                assert_eq!(readable(runtime, module), bodies, "{context}");
            }
        });
    }
}
