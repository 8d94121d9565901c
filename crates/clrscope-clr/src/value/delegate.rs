//! Delegates: what they call, and on which object.
//!
//! Fields: `System/Delegate.CoreCLR.cs` and `MulticastDelegate.CoreCLR.cs` of System.Private.CoreLib;
//! the table of the kinds of delegates in `src/coreclr/vm/comdelegate.cpp` of dotnet/runtime.

use clrscope_memory::{VirtAddr, limits};

use super::object::ObjectRef;

/// How a delegate calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DelegateForm {
    /// A method on an object, or a static method whose first argument is that object.
    Closed,
    /// A static method, or a method on the first argument of the call.
    Open,
    /// Several delegates, one after the other.
    Multicast,
    /// Another delegate.
    Wrapper,
    /// A native function.
    Native,
}

impl DelegateForm {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            DelegateForm::Closed => "Closed",
            DelegateForm::Open => "Open",
            DelegateForm::Multicast => "Multicast",
            DelegateForm::Wrapper => "Wrapper",
            DelegateForm::Native => "Native",
        }
    }
}

/// An object whose type is a delegate.
#[derive(Debug, Clone)]
pub struct DelegateRef<'a, 'data> {
    object: ObjectRef<'a, 'data>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The delegate that this object is.
    pub fn as_delegate(&self) -> Option<DelegateRef<'a, 'data>> {
        self.ty().is_delegate().then(|| DelegateRef { object: self.clone() })
    }
}

impl<'a, 'data> DelegateRef<'a, 'data> {
    /// The delegate as an object.
    pub fn object(&self) -> &ObjectRef<'a, 'data> {
        &self.object
    }

    /// How it calls.
    pub fn form(&self) -> DelegateForm {
        let count = self.invocation_count();
        if count == Some(-1) {
            return DelegateForm::Native;
        }
        let list = self.object.field("_invocationList").and_then(|list| list.as_object());
        // In the place of a list there can also be what keeps a collectible method alive.
        match list {
            Some(list) if list.ty().is_delegate() => DelegateForm::Wrapper,
            Some(list) if count > Some(0) && list.as_array().is_some() => DelegateForm::Multicast,
            _ if self.auxiliary().is_some() => DelegateForm::Open,
            _ => DelegateForm::Closed,
        }
    }

    /// The object that the method is called on, or the first argument of a static method. `None` for
    /// other forms than [`DelegateForm::Closed`]: these keep themselves in its place.
    pub fn target(&self) -> Option<ObjectRef<'a, 'data>> {
        let is_closed = self.form() == DelegateForm::Closed;
        is_closed.then(|| self.object.field("_target")?.as_object())?
    }

    /// The code that it leads to: of a method, or a stub before it, which
    /// [`crate::code::CodeMap::method_desc_at`] resolves. `None` where there is no one method.
    pub fn entry_point(&self) -> Option<VirtAddr> {
        match self.form() {
            DelegateForm::Multicast | DelegateForm::Wrapper => None,
            DelegateForm::Closed => self.pointer("_methodPtr"),
            DelegateForm::Open | DelegateForm::Native => self.auxiliary(),
        }
    }

    /// The delegates that it calls: those of a multicast list, the wrapped one, or itself. At most
    /// `limit`.
    pub fn parts(&self, limit: usize) -> Vec<DelegateRef<'a, 'data>> {
        let list = || self.object.field("_invocationList")?.as_object();
        match self.form() {
            DelegateForm::Multicast => {
                let count = self.invocation_count().and_then(|count| usize::try_from(count).ok());
                let count = count.unwrap_or(0).min(limit).min(limits::MAX_LIST);
                let array = list().and_then(|list| list.as_array());
                let elements = array.iter().flat_map(|array| array.iter()).take(count);
                elements.filter_map(|element| element.as_object()?.as_delegate()).collect()
            }
            DelegateForm::Wrapper => {
                list().and_then(|inner| inner.as_delegate()).into_iter().collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// How many delegates a multicast list has; one for other forms.
    pub fn part_count(&self) -> u64 {
        match self.form() {
            DelegateForm::Multicast => self.invocation_count().unwrap_or(0).unsigned_abs(),
            _ => 1,
        }
    }

    fn invocation_count(&self) -> Option<i64> {
        let count = self.object.field("_invocationCount")?;
        let pointer = count.word()?;
        Some(match self.object.types.pointer_bytes() {
            4 => i64::from(pointer.0 as u32 as i32),
            _ => pointer.0 as i64,
        })
    }

    fn auxiliary(&self) -> Option<VirtAddr> {
        self.pointer("_methodPtrAux")
    }

    fn pointer(&self, name: &str) -> Option<VirtAddr> {
        self.object.field(name)?.word().filter(|pointer| !pointer.is_null())
    }
}
