use clrscope_clr::{NamePattern, NameStyle, Type, TypeCategory, Types, thread_addresses};
use clrscope_memory::VirtAddr;

use crate::support::each_with;

fn find<'a, 'data>(types: &'a Types<'data>, name: &str) -> Type<'a, 'data> {
    let mut found = types.find(&NamePattern::new(name));
    assert_eq!(found.len(), 1, "{name}: {found:?} of {:?}", types.modules());
    found.remove(0)
}

fn static_address(ty: &Type<'_, '_>, name: &str) -> VirtAddr {
    let field = ty.static_field(name).unwrap_or_else(|| panic!("{ty:?} has no {name}"));
    ty.static_address(field).unwrap_or_else(|| panic!("{ty:?}.{name} has no place"))
}

#[test]
fn names_are_those_that_the_program_printed() {
    each_with("types.names", |dump, runtime, types| {
        let truth = dump.truth().expect("a truth");
        let names = truth["types.names"].as_array().expect("a list");
        for (index, name) in names.iter().enumerate() {
            let Some(object) = dump.truth_address(&format!("address.types.{index}")) else {
                continue;
            };
            let space = &runtime.snapshot().space;
            let table = space.read_pointer(VirtAddr(object)).expect("an object");
            let ours = types.name(table).to_string_in(NameStyle::Reflection);
            assert_eq!(Some(ours.as_str()), name.as_str(), "{}", dump.name());
        }
    });
}

#[test]
fn statics_hold_what_the_program_put_there() {
    each_with("address.roots.static", |dump, runtime, types| {
        let space = &runtime.snapshot().space;
        let truth = |key: &str| dump.truth_address(&format!("address.roots.{key}")).map(VirtAddr);
        let roots = find(types, "Zoo.Roots");
        assert_eq!(space.read_pointer(static_address(&roots, "Static")), truth("static"));
        let generic = |argument: &str| {
            let ty = find(types, &format!("Zoo.GenericStatics<{argument}>"));
            space.read_pointer(static_address(&ty, "Root"))
        };
        assert_eq!(generic("System.Int32"), truth("genericStaticInt"), "{}", dump.name());
        assert_eq!(generic("System.String"), truth("genericStaticString"), "{}", dump.name());
        // The slot of a struct holds a box, whose value begins behind its method table pointer.
        let pair = roots.static_field("StaticPair").expect("a field");
        let pair_type = types.get(pair.type_table().expect("a type")).expect("a type");
        let boxed = space.read_pointer(static_address(&roots, "StaticPair")).expect("a slot");
        let inside = pair_type.fields().iter().find(|field| field.element_type().is_reference());
        let offset = inside.and_then(|field| field.offset()).expect("a reference");
        let value = boxed.wrapping_add(space.target().pointer_bytes() + u64::from(offset));
        assert_eq!(space.read_pointer(value), truth("staticStruct"), "{}", dump.name());
    });
}

#[test]
fn thread_statics_are_found_in_the_one_thread_that_set_them() {
    each_with("address.roots.threadStatic", |dump, runtime, types| {
        let space = &runtime.snapshot().space;
        let roots = find(types, "Zoo.Roots");
        let reference = roots.static_field("threadStatic").expect("a field");
        let number = roots.static_field("threadStaticInt").expect("a field");
        let expected = dump.truth_address("address.roots.threadStatic").map(VirtAddr);
        let threads = thread_addresses(runtime).expect("a known layout").value;
        let holders: Vec<VirtAddr> = threads
            .into_iter()
            .filter(|&thread| {
                let slot = roots.thread_static_address(reference, thread);
                slot.is_some_and(|slot| space.read_pointer(slot) == expected)
            })
            .collect();
        let [holder] = holders[..] else { panic!("{}: {holders:?}", dump.name()) };
        let number = roots.thread_static_address(number, holder).expect("a slot");
        assert_eq!(space.read_u32(number), Some(7), "{}", dump.name());
    });
}

/// The programs have no type of Reflection.Emit with statics. What such a type's class would have, the
/// number of its entry, is a mark in the classes of all others: that it is in all of them shows its place.
#[test]
fn classes_of_files_have_no_number_of_an_entry_of_statics() {
    each_with("types.names", |dump, runtime, types| {
        let offset = |structure, field| runtime.layout().offset(structure, field);
        let number = offset("EEClassOptionalFields", "ModuleDynamicID");
        let optional = offset("EEClass", "OptionalFields");
        // From .NET 9 on every type has its own block of statics.
        assert_eq!(number.is_some(), runtime.version().major < 9, "{}", dump.name());
        let Some((number, optional)) = number.zip(optional) else { return };
        let space = &runtime.snapshot().space;
        let is_relative = runtime.globals().number("RelativePointers") == Some(1);
        let width = 8 * space.target().pointer_bytes();
        let classes = types.loaded().into_iter().filter_map(|table| types.get(table)?.class());
        let mut checked = 0;
        for class in classes {
            let place = class.wrapping_add(optional);
            let pointer = space.read_pointer(place).expect("a class");
            if pointer.is_null() {
                continue;
            }
            let base = if is_relative { place.0 } else { 0 };
            let at = base.wrapping_add(pointer.0) & (u64::MAX >> (64 - width));
            let id = space.read_u32(VirtAddr(at).wrapping_add(number));
            assert_eq!(id, Some(u32::MAX), "{} {class}", dump.name());
            checked += 1;
        }
        assert!(checked > 100, "{}: {checked}", dump.name());
    });
}

#[test]
fn first_values_in_the_image_have_an_address_there() {
    each_with("address.roots.static", |dump, runtime, types| {
        let zoo = runtime.modules().by_assembly_name("Zoo").expect("the program");
        let image = zoo.image().expect("an image");
        let details = types.find(&NamePattern::new("<PrivateImplementationDetails>"));
        let fields = details.iter().flat_map(|ty| ty.statics().map(move |field| (ty, field)));
        for (ty, field) in
            fields.filter(|(ty, _)| ty.module().is_some_and(|m| m.address() == zoo.address()))
        {
            let address = ty.static_address(field).expect("an address");
            let offset = address.offset_from(image.base).expect("in the image");
            assert!(offset < image.size, "{} {field:?}", dump.name());
        }
    });
}

#[test]
fn fields_are_the_same_on_every_runtime_and_width() {
    let mut expected: Option<Vec<(String, String)>> = None;
    each_with("types.names", |dump, runtime, types| {
        let object = dump.truth_address("address.types.0").expect("an object");
        let space = &runtime.snapshot().space;
        let table = space.read_pointer(VirtAddr(object)).expect("an object");
        let ty = types.get(table).expect("a type");
        assert_eq!(ty.name(), "Zoo.EveryField");
        let mut fields: Vec<_> = ty
            .fields()
            .iter()
            .map(|field| {
                assert!(field.size().is_some(), "{} {field:?}", dump.name());
                (field.name().to_owned(), field.type_name().to_string_in(NameStyle::CSharp))
            })
            .collect();
        fields.sort();
        assert_eq!(expected.get_or_insert(fields.clone()), &fields, "{}", dump.name());
    });
    assert!(expected.is_some_and(|fields| fields.len() > 20));
}

#[test]
fn enums_know_their_members() {
    each_with("types.names", |dump, _, types| {
        let colour = find(types, "Zoo.Colour");
        let info = colour.enum_info().expect("an enum");
        assert!(info.members.len() >= 2, "{} {info:?}", dump.name());
        for member in &info.members {
            assert_eq!(info.display(member.value), *member.name, "{}", dump.name());
        }
        let every = find(types, "Zoo.EveryField");
        assert!(every.methods().iter().any(|method| &*method.name == ".ctor"));
        assert!(!every.is_enum() && every.enum_info().is_none());
        let shape = find(types, "Zoo.IShape");
        assert_eq!((shape.category(), shape.base_size()), (TypeCategory::Interface, 0));
        let square = find(types, "Zoo.Square");
        assert!(square.interfaces().contains(&shape.method_table()), "{}", dump.name());
        assert!(find(types, "System.Exception").is_exception());
        assert!(find(types, "System.Action").is_delegate());
    });
}

#[test]
fn a_type_is_found_by_its_token_and_in_any_case() {
    each_with("types.names", |_, runtime, types| {
        let string = find(types, "System.String");
        let module = string.module().expect("a module");
        let found = types.by_token(&module, string.token().expect("a token")).expect("a type");
        assert_eq!(found.method_table(), string.method_table());
        assert!(found.is_string());
        let lower = types.find(&NamePattern::new("zoo.everyfield").ignore_case());
        assert_eq!(lower.len(), 1);
        assert!(types.find(&NamePattern::new("Zoo.*")).len() > 5);
        assert_eq!(runtime.modules().len(), runtime.modules().iter().len());
    });
}
