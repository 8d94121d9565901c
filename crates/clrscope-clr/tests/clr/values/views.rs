//! Objects seen as what they are.

use clrscope_clr::code::MethodFinder;
use clrscope_clr::{Element, Fact, NameStyle, ObjectRef, Runtime, TextLimits, Types, Value, View};
use clrscope_memory::{Control, VirtAddr};
use clrscope_testkit::corpus::CorpusDump;

use crate::support::each_with;

fn object<'a, 'data>(
    dump: &CorpusDump,
    types: &'a Types<'data>,
    key: &str,
) -> ObjectRef<'a, 'data> {
    let address = dump.truth_address(&format!("address.{key}")).expect("an address");
    types.object(VirtAddr(address)).expect("an object")
}

fn all_objects(runtime: &Runtime<'_>) -> Vec<VirtAddr> {
    let heap = runtime.heap().expect("a heap");
    let objects = heap.objects(&Control::new()).expect("not stopped");
    objects.iter().map(|object| object.address).collect()
}

fn text(value: &Value<'_, '_>) -> String {
    value.text(TextLimits::default())
}

fn fact<'v, 'a, 'data>(view: &'v View<'a, 'data>, name: &str) -> Option<&'v Fact<'a, 'data>> {
    view.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact)
}

/// `Tuple.Create(1, "two", 3.0)`.
#[test]
fn tuples_are_their_items() {
    each_with("types.names", |dump, _, types| {
        let tuple = object(dump, types, "types.20").as_collection(10).expect("a tuple");
        assert_eq!((tuple.kind, tuple.count, tuple.capacity), ("Tuple", Some(3), None));
        let items = tuple.elements.iter().map(|element| match element {
            Element::Item(value) => text(value),
            Element::Pair { .. } => panic!("items"),
        });
        assert_eq!(items.collect::<Vec<_>>(), ["1", "\"two\"", "3"], "{}", dump.name());
    });
}

/// `new Lazy<string>(() => "lazy")` that nobody asked.
#[test]
fn a_lazy_says_whether_its_value_was_made() {
    each_with("types.names", |dump, runtime, types| {
        let lazy = object(dump, types, "types.21");
        assert_eq!(lazy.as_view(10).expect("a view").kind, "Lazy");
        let lazy = lazy.as_lazy().expect("a lazy");
        assert!(!lazy.is_created && lazy.value.is_none(), "{}", dump.name());
        let finder = MethodFinder::new(runtime).expect("a known layout");
        let factory = lazy.factory.expect("a delegate");
        let name = finder.of_delegate(&factory).expect("a method").to_string();
        assert!(name.contains("<Fill>"), "{} {name}", dump.name());
    });
}

/// `new StringBuilder("builder").Append(" text")`, and those that the program writes its truth with,
/// which have many chunks.
#[test]
fn a_string_builder_is_the_text_of_all_its_chunks() {
    each_with("types.names", |dump, runtime, types| {
        let builder = object(dump, types, "types.22");
        let whole = builder.as_string_builder(1 << 20).expect("a string builder");
        assert_eq!(whole.text(), "builder text", "{}", dump.name());
        assert!(whole.is_complete() && whole.chunks == 1 && whole.capacity >= whole.length);
        let part = builder.as_string_builder(3).expect("a string builder");
        assert_eq!((part.text().as_str(), part.is_complete()), ("bui", false));

        let mut long = 0;
        for found in all_objects(runtime) {
            let builder = types.object(found).ok().and_then(|o| o.as_string_builder(usize::MAX));
            let Some(builder) = builder.filter(|builder| builder.chunks > 1) else { continue };
            assert!(builder.is_complete(), "{} {found}", dump.name());
            // The first chunk is where the text begins.
            long += usize::from(builder.text().trim_start().starts_with('{'));
        }
        assert!(long > 0, "{}", dump.name());
    });
}

/// `new WeakReference("weak target")`: a string literal, which stays alive; and a reference whose
/// target was collected.
#[test]
fn a_weak_reference_leads_to_what_is_alive() {
    each_with("types.names", |dump, runtime, types| {
        let weak = object(dump, types, "types.23").as_weak_reference().expect("a reference");
        assert!(weak.handle.is_some());
        let target = weak.target.expect("alive");
        assert_eq!(target.brief(TextLimits::default()).as_deref(), Some("\"weak target\""));
        let references = all_objects(runtime)
            .into_iter()
            .filter_map(|found| types.object(found).ok()?.as_weak_reference());
        let dead = references.filter(|weak| weak.target.is_none()).count();
        assert!(dead > 0, "{}", dump.name());
    });
}

#[test]
fn a_type_object_names_its_type() {
    each_with("types.names", |dump, _, types| {
        let every = object(dump, types, "types.0");
        let ty = every.field("Type").and_then(|field| field.as_object()).expect("an object");
        let name = ty.as_type().expect("a name").to_string_in(NameStyle::CSharp);
        assert_eq!(name, "System.String", "{}", dump.name());
        assert!(every.as_type().is_none() && every.as_view(1).is_none());
    });
}

/// `new Timer(callback, target, 1 << 28, 1 << 28)`: the same by each of its three objects.
#[test]
fn a_timer_says_when_it_ticks_and_what_it_calls() {
    each_with("address.roots.static", |dump, runtime, types| {
        let finder = MethodFinder::new(runtime).expect("a known layout");
        let mut entries = Vec::new();
        for found in all_objects(runtime) {
            let timer = types.object(found).ok().and_then(|object| object.as_timer());
            let Some(timer) = timer.filter(|timer| timer.due == Some(1 << 28)) else { continue };
            assert_eq!((timer.period, timer.is_canceled), (Some(1 << 28), false));
            assert!(timer.start_ticks > Some(0));
            let state = timer.state.map(|state| state.ty().name().to_owned());
            assert_eq!(state.as_deref(), Some("Zoo.Target"), "{}", dump.name());
            let method = finder.of_delegate(&timer.callback.expect("a delegate"));
            let method = method.expect("a method").to_string_in(NameStyle::Sos);
            assert!(method.starts_with("Zoo.Roots") && method.contains("<Fill>"), "{method}");
            entries.push(timer.entry.address());
        }
        assert!(entries.len() == 3 && entries.iter().all(|entry| *entry == entries[0]));
    });
}

#[test]
fn views_say_the_same_as_the_typed_readers() {
    each_with("address.roots.exception", |dump, _, types| {
        let view = object(dump, types, "roots.exception").as_view(10).expect("a view");
        assert_eq!(view.kind, "Exception");
        assert!(matches!(fact(&view, "message"), Some(Fact::Text(text)) if text == "outer"));
        assert!(matches!(fact(&view, "hresult"), Some(Fact::Code(0x8013_1509))));
        assert!(matches!(fact(&view, "inner"), Some(Fact::Object(_))));
        assert!(matches!(fact(&view, "stack"), Some(Fact::Stack(stack)) if stack.len() == 1));
        assert!(fact(&view, "inner_exceptions").is_none());
    });
}
