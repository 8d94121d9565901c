//! One file for each stream: the view of its records, and the method of [`Minidump`] that gives it.

mod comment;
mod context;
mod exception;
mod function_table;
mod handle_data;
mod memory64_list;
mod memory_info_list;
mod memory_list;
mod misc_info;
mod module_list;
mod process_vm_counters;
mod system_info;
mod system_memory_info;
mod thread_ex_list;
mod thread_info_list;
mod thread_list;
mod thread_names;
mod token;
mod unloaded_module_list;

pub use comment::Comment;
pub use context::Context;
pub use exception::Exception;
pub use function_table::{FunctionTable, FunctionTables};
pub use handle_data::{
    Handle, Handles, HandlesIter, ObjectInformation, ObjectInformationIter, ObjectInformationType,
};
pub use memory_info_list::MemoryInfo;
pub use memory_list::MemoryRange;
pub use memory64_list::{Memory64Iter, Memory64List};
pub use misc_info::MiscInfo;
pub use module_list::{CodeView, Module};
pub use process_vm_counters::ProcessVmCounters;
pub use system_info::SystemInfo;
pub use thread_ex_list::ThreadEx;
pub use thread_info_list::ThreadInfo;
pub use thread_list::Thread;
pub use thread_names::ThreadName;
pub use token::{Token, Tokens};
pub use unloaded_module_list::UnloadedModule;

use clrscope_memory::{Issues, Parsed};

use crate::bytes::{Overlay, bad_value};
use crate::dump::Stream;
use crate::list::{List, Record};
use crate::{Minidump, StreamType};

impl<'data> Minidump<'data> {
    /// The list of a stream that is a 32-bit count and its entries.
    fn counted_list<V: Record<'data>>(
        &self,
        kind: StreamType,
        what: &str,
    ) -> Parsed<List<'data, V>> {
        let Some(stream) = self.stream_at(kind) else {
            return Parsed::clean(List::empty(self.file()));
        };
        let count = match stream.record::<zerocopy::little_endian::U32>(0, what) {
            Ok(count) => u64::from(count.get()),
            Err(issue) => return failed(List::empty(self.file()), issue),
        };
        let stride = size_of::<V::Raw>() as u64;
        // Some writers (Breakpad among them) align the first entry to 8 bytes. Only the length of the
        // stream tells.
        let padded = stream.bytes.len() as u64 == 8 + count * stride;
        let start = if padded { 8 } else { 4 };
        List::new(stream.file, stream.tail(start), stream.offset + start, stride, count, what)
    }

    /// The list of a stream that begins with a header of type `H`, of which `shape` gives its own size,
    /// the size of an entry and their number.
    fn headed_list<H: Overlay, V: Record<'data>>(
        &self,
        kind: StreamType,
        what: &str,
        shape: impl FnOnce(&H) -> (u32, u32, u64),
    ) -> Parsed<List<'data, V>> {
        let Some(stream) = self.stream_at(kind) else {
            return Parsed::clean(List::empty(self.file()));
        };
        match stream.record::<H>(0, what) {
            Ok(header) => {
                let (size, stride, count) = shape(header);
                sized_list(&stream, (size, size_of::<H>()), stride, count, what)
            }
            Err(issue) => failed(List::empty(self.file()), issue),
        }
    }
}

/// The list behind a header that gives its own size, the size of an entry and their number.
fn sized_list<'data, V: Record<'data>>(
    stream: &Stream<'data>,
    (header, known_header): (u32, usize),
    stride: u32,
    count: u64,
    what: &str,
) -> Parsed<List<'data, V>> {
    let mut issues = Issues::new();
    let mut start = u64::from(header);
    if start < known_header as u64 {
        issues.push(bad_value(
            stream.offset,
            format!("{what} has a header of {header} bytes instead of {known_header}"),
        ));
        start = known_header as u64;
    }
    let at = stream.offset.saturating_add(start);
    let list = List::new(stream.file, stream.tail(start), at, stride.into(), count, what)
        .take(&mut issues);
    Parsed { value: list, issues }
}

/// A value in place of one that could not be read.
fn failed<T>(value: T, issue: clrscope_memory::Issue) -> Parsed<T> {
    let mut issues = Issues::new();
    issues.push(issue);
    Parsed { value, issues }
}

/// The view over a stream that is one structure; `None` if there is no such stream.
fn single<'data, T>(
    stream: Option<Stream<'data>>,
    read: impl FnOnce(Stream<'data>) -> Result<T, clrscope_memory::Issue>,
) -> Parsed<Option<T>> {
    match stream.map(read) {
        None => Parsed::clean(None),
        Some(Ok(value)) => Parsed::clean(Some(value)),
        Some(Err(issue)) => failed(None, issue),
    }
}
