//! Exceptions: message, causes, and the stack that they were thrown on.
//!
//! Fields: `src/System.Private.CoreLib/src/System/Exception.cs` of dotnet/coreclr and
//! `src/coreclr/System.Private.CoreLib/src/System/Exception.CoreCLR.cs` of dotnet/runtime. The array
//! behind `_stackTrace`: `StackTraceArray` of `src/coreclr/vm/object.h`, `StackTraceElement` of
//! `src/coreclr/vm/clrex.h`; measured on every runtime of the corpus.

use clrscope_memory::{VirtAddr, limits};

use super::array::ArrayRef;
use super::object::ObjectRef;
use super::string::StringRef;
use crate::types::ElementType;

/// Frames of one exception that are read at most.
const MAX_FRAMES: usize = 1 << 16;

const LAST_OF_FOREIGN_STACK: u32 = 1;
const IP_ADJUSTED: u32 = 2;

/// A frame of the stack that an exception was thrown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExceptionFrame {
    /// Where the method was. From .NET Core 3.0 on the runtime moves a return address one byte back,
    /// into the call; before, it is kept as it is.
    pub ip: VirtAddr,
    /// The stack pointer of the frame.
    pub sp: VirtAddr,
    /// The runtime's record of the method: see [`crate::code::MethodNamer::of_method_desc`].
    pub method: Option<VirtAddr>,
    /// Whether the runtime says that it moved `ip` into the call (.NET 8 and later).
    pub is_adjusted: bool,
    /// Whether the exception was thrown again behind this frame, on another stack: text has
    /// `--- End of stack trace from previous location ---` there.
    pub ends_foreign_stack: bool,
}

/// An object whose type derives from `System.Exception`.
#[derive(Debug, Clone)]
pub struct ExceptionRef<'a, 'data> {
    object: ObjectRef<'a, 'data>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The exception that this object is.
    pub fn as_exception(&self) -> Option<ExceptionRef<'a, 'data>> {
        self.ty().is_exception().then(|| ExceptionRef { object: self.clone() })
    }
}

impl<'a, 'data> ExceptionRef<'a, 'data> {
    /// The exception as an object.
    pub fn object(&self) -> &ObjectRef<'a, 'data> {
        &self.object
    }

    /// What it was made with. `None` also if it was made without a message: then the program shows
    /// one that depends on its type.
    pub fn message(&self) -> Option<StringRef<'data>> {
        self.object.field("_message")?.as_str()
    }

    /// Its `HRESULT`.
    pub fn hresult(&self) -> Option<i32> {
        self.object.field("_HResult")?.as_i32()
    }

    /// The exception that caused it.
    pub fn inner(&self) -> Option<ExceptionRef<'a, 'data>> {
        self.object.field("_innerException")?.as_object()?.as_exception()
    }

    /// It, its cause, the cause of that, and so on. A circle is walked once.
    pub fn chain(&self) -> Vec<ExceptionRef<'a, 'data>> {
        let mut chain: Vec<ExceptionRef<'_, '_>> = Vec::new();
        let mut next = Some(self.clone());
        while let Some(exception) = next
            && chain.len() < limits::MAX_DEPTH
            && chain.iter().all(|seen| seen.object.address() != exception.object.address())
        {
            next = exception.inner();
            chain.push(exception);
        }
        chain
    }

    /// All exceptions that a `System.AggregateException` gathers; empty for others.
    pub fn inner_exceptions(&self) -> Vec<ExceptionRef<'a, 'data>> {
        let Some(field) = self.object.field_of(&["_innerExceptions", "m_innerExceptions"]) else {
            return Vec::new();
        };
        // An array (.NET 5 and later), or a read-only collection around one or around a list.
        let array = field.as_object().and_then(|gathered| {
            gathered.as_array().or_else(|| {
                let list = gathered.field("list")?.as_object()?;
                list.as_array().or_else(|| list.field("_items")?.as_object()?.as_array())
            })
        });
        let elements = array.iter().flat_map(ArrayRef::iter).take(limits::MAX_LIST);
        elements.filter_map(|element| element.as_object()?.as_exception()).collect()
    }

    /// The stack as text that came with the exception from elsewhere: another process, or an earlier
    /// throw in .NET before 5.
    pub fn remote_stack(&self) -> Option<StringRef<'data>> {
        self.object.field("_remoteStackTraceString")?.as_str()
    }

    /// The stack that it was thrown on, the method that threw first. Empty if it was never thrown.
    pub fn stack(&self) -> Vec<ExceptionFrame> {
        self.stack_bytes().map(|array| frames(&array)).unwrap_or_default()
    }

    /// The array of frames; from .NET 9 on perhaps in another, whose further elements keep the
    /// methods of collectible assemblies alive.
    fn stack_bytes(&self) -> Option<ArrayRef<'a, 'data>> {
        let array = self.object.field("_stackTrace")?.as_object()?.as_array()?;
        if array.element_type().is_reference() {
            return array.get(0)?.as_object()?.as_array();
        }
        Some(array)
    }
}

/// Decodes an array of frames: a header that begins with their number, then four words a frame:
/// instruction pointer, stack pointer, method, flags. The header has two words up to .NET 8, and
/// 16 bytes or 12 from .NET 9 on: it is what the frames that there is room for leave.
fn frames(array: &ArrayRef<'_, '_>) -> Vec<ExceptionFrame> {
    if !matches!(array.element_type(), ElementType::Int8 | ElementType::UInt8) {
        return Vec::new();
    }
    let space = array.space();
    let word = space.target().pointer_bytes();
    let (size, length) = (4 * word, u64::from(array.len()));
    let header = length % size;
    let base = array.address();
    let count = u64::from(space.read_u32(base).unwrap_or(0)).min(length / size);
    (0..count)
        .take(MAX_FRAMES)
        .map_while(|index| {
            let at = base.wrapping_add(header + index * size);
            let pointer = |place: u64| space.read_pointer(at.wrapping_add(place * word));
            // The flags have 32 bits; what is behind them is not written.
            let flags = space.read_u32(at.wrapping_add(3 * word))?;
            Some(ExceptionFrame {
                ip: pointer(0)?,
                sp: pointer(1)?,
                method: pointer(2).filter(|method| !method.is_null()),
                is_adjusted: flags & IP_ADJUSTED != 0,
                ends_foreign_stack: flags & LAST_OF_FOREIGN_STACK != 0,
            })
        })
        .collect()
}
