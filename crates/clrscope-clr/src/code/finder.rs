//! Methods by where calls go to.

use clrscope_memory::VirtAddr;

use super::{CodeMap, MethodName, MethodNamer};
use crate::layout::MissingField;
use crate::runtime::Runtime;
use crate::value::{DelegateRef, ExceptionFrame};

/// Names the methods that delegates call and that exceptions came through.
#[derive(Debug)]
pub struct MethodFinder<'data> {
    code: CodeMap<'data>,
    namer: MethodNamer<'data>,
}

impl<'data> MethodFinder<'data> {
    /// A finder for a runtime.
    ///
    /// # Errors
    /// If the layout does not know a field that code or names are found by.
    pub fn new(runtime: &Runtime<'data>) -> Result<MethodFinder<'data>, MissingField> {
        Ok(MethodFinder { code: CodeMap::new(runtime)?, namer: MethodNamer::new(runtime)? })
    }

    /// The name of the method that a call of an address runs.
    pub fn entered_at(&self, entry: VirtAddr) -> Option<MethodName> {
        self.namer.of_entry_point(&self.code, entry)
    }

    /// The runtime's record of the method that a call of an address runs.
    pub fn record_at(&self, entry: VirtAddr) -> Option<VirtAddr> {
        self.code.method_desc_at(entry)
    }

    /// The name of the method that a delegate calls; `None` for multicast delegates.
    pub fn of_delegate(&self, delegate: &DelegateRef<'_, '_>) -> Option<MethodName> {
        self.entered_at(delegate.entry_point()?)
    }

    /// The name of the method of a frame that an exception came through, and how far behind the start
    /// of its code the frame was, if that is still in memory.
    pub fn of_frame(&self, frame: &ExceptionFrame) -> (Option<MethodName>, Option<u32>) {
        let code = self.code.method_at(frame.ip);
        let by_record = frame.method.and_then(|record| self.namer.of_method_desc(record));
        let name = by_record.or_else(|| self.namer.of_code(code.as_ref()?));
        (name, code.map(|code| code.offset))
    }
}
