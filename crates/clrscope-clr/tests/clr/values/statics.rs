//! Static fields of the real dumps, compared with what the program said, and with themselves.

use std::collections::BTreeMap;

use clrscope_clr::{
    ElementType, Field, FieldKind, NamePattern, NameStyle, Type, TypeName, Types, Value,
    thread_addresses,
};
use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::support::{each_with, with_runtime};

fn find<'a, 'data>(types: &'a Types<'data>, name: &str) -> Type<'a, 'data> {
    let mut found = types.find(&NamePattern::new(name));
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0)
}

fn value<'a, 'data>(ty: &Type<'a, 'data>, name: &str) -> Option<Value<'a, 'data>> {
    ty.static_value(ty.static_field(name).unwrap_or_else(|| panic!("{ty:?} has no {name}")))
}

#[test]
fn static_fields_have_their_values() {
    each_with("address.roots.static", |dump, runtime, types| {
        let truth = |key: &str| dump.truth_address(&format!("address.roots.{key}")).map(VirtAddr);
        let roots = find(types, "Zoo.Roots");
        let of_roots = |name: &str| value(&roots, name).expect("a value");
        assert_eq!(of_roots("Static").reference(), truth("static"));
        assert_eq!(of_roots("StaticInt").as_i32(), Some(42), "{}", dump.name());
        assert_eq!(of_roots("StaticDouble").as_f64(), Some(2.5), "{}", dump.name());
        let pair = of_roots("StaticPair");
        assert_eq!(pair.field("N").and_then(|n| n.as_i32()), Some(5), "{}", dump.name());
        let second = pair.field("Second").and_then(|second| second.as_str()).expect("a string");
        assert_eq!(second, "second");
        assert_eq!(pair.field("First").and_then(|first| first.reference()), truth("staticStruct"));
        for (argument, key) in
            [("System.Int32", "genericStaticInt"), ("System.String", "genericStaticString")]
        {
            let generic = find(types, &format!("Zoo.GenericStatics<{argument}>"));
            let root = value(&generic, "Root").and_then(|root| root.reference());
            assert_eq!(root, truth(key), "{} {argument}", dump.name());
        }
        let threads = thread_addresses(runtime).expect("a known layout").value;
        let number = roots.static_field("threadStaticInt").expect("a field");
        let numbers =
            threads.iter().filter_map(|&t| roots.thread_static_value(number, t)?.as_i32());
        assert_eq!(numbers.filter(|&number| number == 7).count(), 1, "{}", dump.name());
    });
}

/// The pools of the base library keep arrays for each thread: arrays of the type that the field says.
#[test]
fn thread_statics_of_generic_types_have_their_values() {
    let mut found = BTreeMap::new();
    each_with("types.names", |dump, runtime, types| {
        let threads = thread_addresses(runtime).expect("a known layout").value;
        for ty in types.loaded().into_iter().filter_map(|table| types.get(table)) {
            let is_generic = !ty.generic_arguments().is_empty() && !ty.is_open();
            let fields = ty.own_fields().iter().filter(|field| {
                is_generic
                    && field.kind() == FieldKind::ThreadStatic
                    && field.element_type() == ElementType::SzArray
            });
            for field in fields {
                let values = threads.iter().filter_map(|&t| ty.thread_static_value(field, t));
                for value in values.filter(|value| !value.is_null()) {
                    let array = value.as_object().expect("an object");
                    let expected = field.type_name().to_string_in(NameStyle::CSharp);
                    assert_eq!(array.ty().name(), expected, "{} {ty:?} {field:?}", dump.name());
                    *found.entry(dump.name().to_owned()).or_insert(0) += 1;
                }
            }
        }
    });
    eprintln!("{found:?}");
    assert!(!found.is_empty());
}

/// The runtime sets this one itself. The type is the only one with statics that has components: its flags
/// are other ones.
#[test]
fn the_empty_string_is_a_static_of_strings() {
    each_with("types.names", |dump, _, types| {
        let empty = value(&find(types, "System.String"), "Empty").expect("a value");
        assert_eq!(empty.as_str().expect("a string"), "", "{}", dump.name());
        let every = VirtAddr(dump.truth_address("address.types.0").expect("an address"));
        let field = types.object(every).expect("an object").field("Empty").expect("a field");
        assert_eq!(empty.reference(), field.reference(), "{}", dump.name());
    });
}

/// The case with one large static dictionary.
#[test]
fn the_catalogue_is_found_by_its_static_field() {
    let Some(dump) = corpus::dump("net8-x64-case001") else { return };
    let products = dump.truth().expect("a truth")["case001.products"].as_u64();
    with_runtime(&dump, |runtime| {
        let types = runtime.types().expect("a known layout");
        let catalogue = value(&find(types, "Cases.ProductCatalogue"), "bySku").expect("a value");
        let products_by_sku = catalogue.as_object().expect("an object");
        let collection = products_by_sku.as_collection(1).expect("a dictionary");
        assert_eq!((collection.kind, collection.count), ("Dictionary", products));
    });
}

/// Types that were made of parameters have no statics of their own.
#[test]
fn open_types_are_told_from_others() {
    let mut opened = 0;
    each_with("types.names", |dump, _, types| {
        for table in types.loaded() {
            let Some(ty) = types.get(table) else { continue };
            let is_variable =
                |&handle: &_| matches!(types.handle_name(handle), TypeName::Variable { .. });
            let made_of_variables = ty.generic_arguments().iter().any(is_variable);
            assert!(!made_of_variables || ty.is_open(), "{} {ty:?}", dump.name());
            opened += usize::from(made_of_variables);
        }
    });
    assert!(opened > 20, "{opened}");
}

/// The C# compiler calls a first value by a hash of its bytes, SHA-1 or SHA-256.
#[test]
fn first_values_in_the_image_are_those_that_were_compiled() {
    let mut compared = [0, 0];
    each_with("types.names", |dump, runtime, types| {
        let space = &runtime.snapshot().space;
        for ty in types.find(&NamePattern::new("<PrivateImplementationDetails>")) {
            for field in ty.statics().filter(|field| field.kind() == FieldKind::Rva) {
                let address = ty.static_address(field).expect("a place in the image");
                let Some(size) = size_of(field) else { continue };
                // Pages of images are not in every dump.
                let Some(bytes) = space.slice(address, size) else { continue };
                let name = field.name();
                if let Some(expected) = name.get(..64) {
                    let hash: [u8; 32] = Sha256::digest(bytes).into();
                    assert_eq!(hex(&hash), expected, "{} {ty:?} {name}", dump.name());
                    compared[1] += 1;
                } else if name.len() == 40 {
                    let hash: [u8; 20] = Sha1::digest(bytes).into();
                    assert_eq!(hex(&hash), name, "{} {ty:?} {name}", dump.name());
                    compared[0] += 1;
                }
            }
        }
    });
    eprintln!("first values compared, named by SHA-1 and SHA-256: {compared:?}");
}

/// The size is in the name of the type, `__StaticArrayInitTypeSize=24_Align=8`, which the program need not
/// have loaded; small values have primitive types.
fn size_of(field: &Field) -> Option<usize> {
    let name = field.type_name().to_string_in(NameStyle::CSharp);
    match name.split_once("__StaticArrayInitTypeSize=") {
        Some((_, size)) => size.split('_').next()?.parse().ok(),
        None => field.size().and_then(|size| usize::try_from(size).ok()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
