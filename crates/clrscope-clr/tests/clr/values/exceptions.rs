//! Exceptions and the stacks that they were thrown on.

use clrscope_clr::NameStyle;
use clrscope_clr::code::{CodeMap, MethodNamer};
use clrscope_memory::VirtAddr;

use crate::support::each_with;

/// `throw new InvalidOperationException("outer", new ArgumentException("inner cause"))`, caught by a
/// method that waits in its handler.
#[test]
fn a_thrown_exception_has_its_message_cause_and_stack() {
    each_with("address.roots.exception", |dump, runtime, types| {
        let address = dump.truth_address("address.roots.exception").expect("an address");
        let object = types.object(VirtAddr(address)).expect("an object");
        let outer = object.as_exception().expect("an exception");
        assert_eq!(outer.message().expect("a message"), "outer");
        assert_eq!(outer.hresult(), Some(0x8013_1509_u32 as i32), "{}", dump.name());
        let inner = outer.inner().expect("a cause");
        assert_eq!(inner.object().ty().name(), "System.ArgumentException");
        assert_eq!(inner.message().expect("a message"), "inner cause");
        assert_eq!(inner.stack(), [], "it was never thrown");
        assert_eq!((outer.chain().len(), outer.inner_exceptions().len()), (2, 0));

        let stack = outer.stack();
        assert_eq!(stack.len(), 1, "{}", dump.name());
        let frame = stack[0];
        let namer = MethodNamer::new(runtime).expect("a known layout");
        let name = frame.method.and_then(|method| namer.of_method_desc(method)).expect("a name");
        assert_eq!(name.to_string_in(NameStyle::Sos), "Zoo.Roots.ParkInCatch()");
        // The code says the same.
        let code = CodeMap::new(runtime).expect("a known layout");
        assert_eq!(code.method_desc_at(frame.ip), frame.method, "{}", dump.name());
        assert!(!frame.ends_foreign_stack);
        let says_so = ["net8", "net9", "net10"].iter().any(|v| dump.name().starts_with(v));
        assert_eq!(frame.is_adjusted, says_so, "{}", dump.name());
    });
}

#[test]
fn an_exception_that_was_never_thrown_has_no_stack() {
    each_with("types.names", |dump, _, types| {
        let address = dump.truth_address("address.types.25").expect("an address");
        let object = types.object(VirtAddr(address)).expect("an object");
        let exception = object.as_exception().expect("an exception");
        assert_eq!(exception.message().expect("a message"), "an exception");
        assert_eq!(exception.hresult(), Some(0x8013_1500_u32 as i32), "{}", dump.name());
        assert!(exception.inner().is_none() && exception.stack().is_empty());
        assert!(object.as_task().is_none() && object.as_delegate().is_none());
    });
}
