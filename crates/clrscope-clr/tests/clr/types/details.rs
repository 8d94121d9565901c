use std::collections::BTreeMap;

use clrscope_clr::{ElementType, Field, FieldKind, NameStyle, Runtime, Type, Types};
use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus::{self, StaticField, TypeDetails};

use crate::support::with_runtime;

/// Every type of every oracle: token, base, sizes, flags, all fields and statics. Where the oracle is
/// wrong, the functions below say so and why.
#[test]
fn types_equal_the_oracles() {
    let mut differences = Vec::new();
    let mut compared = [0usize; 3];
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_runtime(&dump, |runtime| {
            for expected in &oracle.type_details {
                for difference in compare(runtime, expected, &mut compared) {
                    differences.push(format!("{} {:?}: {difference}", dump.name(), expected.name));
                }
            }
        });
    }
    let shown = &differences[..differences.len().min(40)];
    assert!(differences.is_empty(), "{} differ: {shown:#?}", differences.len());
    eprintln!("types, fields, statics compared: {compared:?}");
    // At least the oracles of testdata were compared.
    assert!(compared.iter().all(|&count| count > 400), "{compared:?}");
}

fn compare(
    runtime: &Runtime<'_>,
    expected: &TypeDetails,
    compared: &mut [usize; 3],
) -> Vec<String> {
    let types = runtime.types().expect("a known layout");
    let Some(ty) = types.get(VirtAddr(expected.mt.0)) else { return vec!["no type".into()] };
    compared[0] += 1;
    if ty.is_free() {
        // The oracle dresses the method table of free space up as a class of the core library, and
        // takes two bytes off its size because its components are not those of an array.
        return Vec::new();
    }
    let mut differences = Vec::new();
    let mut check = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            differences.push(format!("{what} is {ours}, not {theirs}"));
        }
    };
    // Arrays have no row of metadata.
    let token = ty.token().map_or(0x0200_0000, |token| token.0);
    check("token", format!("{token:#x}"), format!("{:#x}", expected.token));
    let base = ty.base().map(|base| base.name().to_owned());
    check("base", format!("{base:?}"), format!("{:?}", expected.base));
    // The oracle leaves the terminating zero of a string out of its base size.
    let size = u64::from(ty.base_size()) - if ty.is_string() { 2 } else { 0 };
    check("size", size.to_string(), expected.static_size.to_string());
    check("component", ty.component_size().to_string(), expected.component_size.to_string());
    let is_array = ty.category().is_array();
    check("array", is_array.to_string(), expected.is_array.to_string());
    check("finalizer", ty.has_finalizer().to_string(), expected.finalizable.to_string());
    // The oracle asks the module, which up to .NET 8 it finds through the DAC only for types that are
    // not dynamic. The loader allocator of the module bears us out.
    let collectible = ty.module().is_some_and(|module| module.is_collectible());
    check("collectible", ty.is_collectible().to_string(), collectible.to_string());
    if expected.collectible {
        check("collectible", ty.is_collectible().to_string(), "true".into());
    }
    if let (Some(array), Some(component)) = (ty.array(), &expected.component) {
        let element = types.handle_name(array.element).to_string_in(NameStyle::CSharp);
        // Up to .NET 6 the oracle takes an element that is an array itself for an object.
        let vague = component == "System.Object" && element.ends_with(']');
        check("element", if vague { component.clone() } else { element }, component.clone());
    }
    let module = ty.module().and_then(|module| module.path().map(str::to_owned));
    check("module", format!("{module:?}"), format!("{:?}", expected.module));

    let ours: BTreeMap<_, _> = ty.fields().iter().map(|field| (key(field), field)).collect();
    // In one of two dumps of the same build, the oracle finds no field in weak references.
    let lost = expected.fields.is_empty() && ty.name().starts_with("System.WeakReference<");
    if !lost {
        check("fields", ours.len().to_string(), expected.fields.len().to_string());
    }
    for field in &expected.fields {
        compared[1] += 1;
        let Some(own) = ours.get(&(field.1, field.0.clone())) else {
            check("field", "absent".into(), format!("{field:?}"));
            continue;
        };
        check_type(types, own, &field.2, field.3.as_deref(), &mut check);
        if let Some(size) = oracle_size(types, own)
            // Types that the oracle could not resolve.
            && !field.3.as_deref().is_some_and(|ty| ty == "System.Void" || ty.contains("T1"))
        {
            check(&field.0, size.to_string(), field.4.to_string());
        }
    }
    compared[2] += compare_statics(types, &ty, &expected.statics, &mut check);
    differences
}

fn key(field: &Field) -> (i64, String) {
    (field.offset().map_or(-1, i64::from), field.name().to_owned())
}

/// Where the oracle is not sure of the type of a field:
///
/// * it mixes up the generic parameters of nested types, and leaves those of others as `T1`;
/// * of a type that the program has not loaded, it says `System.Void` or `Object`, of an array of such
///   `Object[]` or `System.ValueType[]`, of a pointer `System.UIntPtr`;
/// * function pointers have no name of their own for it.
fn check_type(
    types: &Types<'_>,
    ours: &Field,
    element: &str,
    name: Option<&str>,
    check: &mut impl FnMut(&str, String, String),
) {
    let Some(name) = name.filter(|&name| name != "System.Void") else { return };
    let own_element = match ours.element_type() {
        ElementType::SzArray => "SZArray".to_owned(),
        other => format!("{other:?}"),
    };
    let vague = element == "Class" && ours.element_type().is_reference();
    check(ours.name(), if vague { element.to_owned() } else { own_element }, element.to_owned());
    let declaring = types.get(ours.declaring_type());
    let in_generic = declaring.is_none_or(|ty| !ty.generic_arguments().is_empty());
    let unsure = matches!(name, "System.ValueType[]" | "Object" | "Object[]")
        || matches!(ours.element_type(), ElementType::Pointer | ElementType::FunctionPointer);
    if in_generic || unsure {
        return;
    }
    let own = ours.type_name().to_string_in(NameStyle::CSharp);
    match name.split_once(['<', '`']) {
        Some((start, _)) => {
            let own = own.split('<').next().unwrap_or(&own);
            check(&format!("type of {}", ours.name()), own.to_owned(), start.to_owned());
        }
        None => check(&format!("type of {}", ours.name()), own, name.to_owned()),
    }
}

/// The oracle takes the end of the last field for the size of a struct: padding behind it, and the size
/// that explicit layout gives, are missing.
fn oracle_size(types: &Types<'_>, field: &Field) -> Option<i64> {
    if field.element_type() != ElementType::Struct {
        return field.size().and_then(|size| i64::try_from(size).ok());
    }
    let ty = types.get(field.type_table()?)?;
    let mut end = (0, 0);
    for inner in ty.fields() {
        end = end.max((inner.offset().map_or(0, i64::from), oracle_size(types, inner)?));
    }
    let end = end.0 + end.1;
    assert!(end <= i64::try_from(field.size()?).ok()?, "{field:?} is larger than {ty:?}");
    Some(end)
}

/// The oracle gives the address of a static only if it holds the static constructor for done, and of no
/// generic type: then it says 0, where we give the place. It takes function pointers for references.
fn compare_statics(
    types: &Types<'_>,
    ty: &Type<'_, '_>,
    expected: &[StaticField],
    check: &mut impl FnMut(&str, String, String),
) -> usize {
    for field in expected {
        // Two private fields of a name can be in one type only if a compiler made them.
        let ours = ty.statics().find(|own| own.name() == field.0);
        let Some(own) = ours else {
            check("static", "absent".into(), format!("{field:?}"));
            continue;
        };
        check_type(types, own, &field.1, field.2.as_deref(), check);
        let address = field.3.0;
        if address != 0 && own.element_type() != ElementType::FunctionPointer {
            let own_address = ty.static_address(own).map_or(0, |address| address.0);
            check(&field.0, format!("{own_address:#x}"), format!("{address:#x}"));
        }
    }
    // The oracle leaves out thread statics and those with a first value in the image.
    let ours = ty.statics().filter(|field| field.kind() == FieldKind::Static).count();
    check("statics", ours.to_string(), expected.len().to_string());
    expected.len()
}
