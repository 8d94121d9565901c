//! Delegates and what they call.

use clrscope_clr::code::{CodeMap, MethodNamer};
use clrscope_clr::{DelegateForm, NameStyle};
use clrscope_memory::{Control, VirtAddr};

use crate::support::each_with;

/// All delegates of every heap, most of them the runtime's own: the methods that they call are found.
#[test]
fn every_delegate_leads_to_its_methods() {
    let mut forms = [0; 3];
    each_with("types.names", |dump, runtime, types| {
        let code = CodeMap::new(runtime).expect("a known layout");
        let namer = MethodNamer::new(runtime).expect("a known layout");
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("not stopped");
        for object in objects.iter() {
            let Ok(object) = types.object(object.address) else { continue };
            let Some(delegate) = object.as_delegate() else { continue };
            forms[delegate.form() as usize] += 1;
            let parts = delegate.parts(usize::MAX);
            assert_eq!(parts.len() as u64, delegate.part_count());
            for part in parts {
                let entry = part.entry_point().expect("a single one");
                let name = namer.of_entry_point(&code, entry);
                assert!(name.is_some(), "{} {}: {entry}", dump.name(), object.address());
                assert_eq!(part.target().is_some(), part.form() == DelegateForm::Closed);
            }
        }
    });
    // Closed, open, multicast.
    assert!(forms.iter().all(|&count| count > 0), "{forms:?}");
}

/// `new Action[] { () => { }, Fill }`: Roslyn makes the first a method of a class of its own, mcs a
/// static one of the same class.
#[test]
fn delegates_name_their_methods_and_targets() {
    each_with("types.names", |dump, runtime, types| {
        let code = CodeMap::new(runtime).expect("a known layout");
        let namer = MethodNamer::new(runtime).expect("a known layout");
        let address = dump.truth_address("address.types.24").expect("an address");
        let actions = types.object(VirtAddr(address)).expect("an object");
        let actions = actions.as_array().expect("an array").iter().map(|action| {
            let action = action.as_object().expect("an object");
            let delegate = action.as_delegate().expect("a delegate");
            let entry = delegate.entry_point().expect("one method");
            let name = namer.of_entry_point(&code, entry).expect("a name");
            let target = delegate.target().map(|target| target.ty().name().to_owned());
            (delegate.form(), target, name.to_string_in(NameStyle::Sos))
        });
        let closure = if dump.name().starts_with("core") {
            (DelegateForm::Open, None, "Zoo.Types.<Fill>m__3()")
        } else {
            let class = Some("Zoo.Types+<>c".to_owned());
            (DelegateForm::Closed, class, "Zoo.Types+<>c.<Fill>b__1_3()")
        };
        let expected = [closure, (DelegateForm::Open, None, "Zoo.Types.Fill()")];
        let expected = expected.map(|(form, target, name)| (form, target, name.to_owned()));
        assert_eq!(actions.collect::<Vec<_>>(), expected, "{}", dump.name());
    });
}
