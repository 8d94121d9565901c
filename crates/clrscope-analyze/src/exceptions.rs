//! Exceptions: one with its causes, and all of the heap by type, message and stack.

use clrscope_clr::code::MethodNamer;
use clrscope_clr::{ExceptionRef, HeapObjects, MissingField, NameStyle, Runtime, Stretch, Types};
use clrscope_memory::{Control, Interrupted, VirtAddr, limits};
use rustc_hash::FxHashMap;

use crate::Selector;
use crate::thread_list::ThreadEntry;

/// A frame of the stack that an exception was thrown on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ThrownFrame {
    /// Where the method was.
    pub ip: VirtAddr,
    /// The stack pointer of the frame.
    pub sp: VirtAddr,
    /// The method with its parameters; `None` if it is not known.
    pub method: Option<String>,
    /// The simple name of the assembly of that method's type.
    pub module: Option<String>,
    /// Whether the exception was thrown again behind this frame, on another stack.
    pub ends_foreign_stack: bool,
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionDetails {
    /// The object.
    pub address: VirtAddr,
    /// The name of its type.
    pub name: String,
    /// What it was made with, if it was made with a message.
    pub message: Option<String>,
    /// Its `HRESULT`.
    pub hresult: Option<i32>,
    /// The stack that it was thrown on, the method that threw first. Empty if it was never thrown.
    pub frames: Vec<ThrownFrame>,
    /// The stack as text that came with it from elsewhere.
    pub remote_stack: Option<String>,
    /// The exception that caused it.
    pub inner: Option<VirtAddr>,
}

/// Exceptions of one type with one message that were thrown on the same stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionGroup {
    /// The first of them: its address, and what all have in common.
    pub first: ExceptionDetails,
    /// How many there are.
    pub count: u64,
    /// Bytes that they take themselves.
    pub bytes: u64,
    /// How many of them a root keeps alive; `None` if that is not known.
    pub alive: Option<u64>,
    /// Some of them, in order of address.
    pub samples: Vec<VirtAddr>,
    /// The operating system's numbers of threads that threw one of them last.
    pub threads: Vec<u32>,
}

/// Objects of a group that are named.
const SAMPLES: usize = 10;

/// Reads exceptions of a runtime.
#[derive(Debug)]
pub struct ExceptionReader<'a, 'data> {
    types: &'a Types<'data>,
    namer: MethodNamer<'data>,
    style: NameStyle,
}

impl<'a, 'data> ExceptionReader<'a, 'data> {
    /// A reader that spells names in a style.
    ///
    /// # Errors
    /// If the layout does not know a field that is needed.
    pub fn new(
        runtime: &'a Runtime<'data>,
        style: NameStyle,
    ) -> Result<ExceptionReader<'a, 'data>, MissingField> {
        Ok(ExceptionReader { types: runtime.types()?, namer: MethodNamer::new(runtime)?, style })
    }

    /// The exception at an address, its cause, the cause of that, and so on; then those that an
    /// `AggregateException` gathers beside its cause. Empty if no exception is there.
    pub fn chain(&self, address: VirtAddr) -> Vec<ExceptionDetails> {
        let Some(exception) = self.exception(address) else { return Vec::new() };
        let mut chain: Vec<_> = exception.chain().iter().map(|one| self.details(one)).collect();
        for gathered in exception.inner_exceptions() {
            let at = gathered.object().address();
            if chain.len() < limits::MAX_DEPTH && chain.iter().all(|one| one.address != at) {
                chain.push(self.details(&gathered));
            }
        }
        chain
    }

    fn exception(&self, address: VirtAddr) -> Option<ExceptionRef<'a, 'data>> {
        self.types.object(address).ok()?.as_exception()
    }

    /// What an exception says.
    pub fn details(&self, exception: &ExceptionRef<'_, '_>) -> ExceptionDetails {
        let text =
            |text: clrscope_clr::StringRef<'_>| text.chars().take(limits::MAX_NAME).collect();
        ExceptionDetails {
            address: exception.object().address(),
            name: exception.object().ty().name_in(self.style),
            message: exception.message().map(text),
            hresult: exception.hresult(),
            frames: self.frames(exception),
            remote_stack: exception.remote_stack().map(text),
            inner: exception.inner().map(|inner| inner.object().address()),
        }
    }

    fn frames(&self, exception: &ExceptionRef<'_, '_>) -> Vec<ThrownFrame> {
        let frames = exception.stack().into_iter().map(|frame| {
            let method = frame.method.and_then(|method| self.namer.of_method_desc(method));
            ThrownFrame {
                ip: frame.ip,
                sp: frame.sp,
                module: method
                    .as_ref()
                    .map(|method| method.owner.assembly().to_owned())
                    .filter(|module| !module.is_empty()),
                method: method.map(|method| method.to_string_in(self.style)),
                ends_foreign_stack: frame.ends_foreign_stack,
            }
        });
        frames.collect()
    }

    /// The exceptions that `selector` accepts, grouped by type, message and the methods on the stack; the
    /// largest groups first, ties in order of type and message. Exceptions that the runtime made in advance
    /// and nobody has thrown are among them. How many are alive is said if `selector` knows.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn groups(
        &self,
        objects: &HeapObjects<'data>,
        selector: &Selector<'_, 'data>,
        threads: &[ThreadEntry],
        control: &Control<'_>,
    ) -> Result<Vec<ExceptionGroup>, Interrupted> {
        let is_exception: Vec<bool> = objects
            .types()
            .iter()
            .map(|(_, info)| self.types.get(info.address).is_some_and(|ty| ty.is_exception()))
            .collect();
        let start = |stretch: Stretch| (stretch.segment, Vec::new());
        let parts = objects.fold(control, start, |(segment, found), object, _| {
            if is_exception.get(object.ty.index()).copied().unwrap_or(false)
                && selector.accepts(*segment, object)
            {
                found.push(*object);
            }
        })?;
        let mut groups: Vec<ExceptionGroup> = Vec::new();
        let mut known: FxHashMap<_, usize> = FxHashMap::default();
        for object in parts.into_iter().flat_map(|(_, found)| found) {
            let Some(exception) = self.exception(object.address) else { continue };
            let details = self.details(&exception);
            let methods: Vec<_> = details.frames.iter().map(|frame| frame.method.clone()).collect();
            let key = (details.name.clone(), details.message.clone(), methods);
            let group = *known.entry(key).or_insert(groups.len());
            if group == groups.len() {
                groups.push(ExceptionGroup {
                    first: details,
                    count: 0,
                    bytes: 0,
                    alive: selector.is_alive(&object).map(|_| 0),
                    samples: Vec::new(),
                    threads: Vec::new(),
                });
            }
            let Some(group) = groups.get_mut(group) else { continue };
            group.count += 1;
            group.bytes += object.size;
            let is_alive = selector.is_alive(&object);
            group.alive = group.alive.zip(is_alive).map(|(count, alive)| count + u64::from(alive));
            if group.samples.len() < SAMPLES {
                group.samples.push(object.address);
            }
            let threw = threads.iter().filter(|t| t.thread.last_thrown == Some(object.address));
            group.threads.extend(threw.map(|entry| entry.thread.os_id));
        }
        groups.sort_by(|a, b| {
            let key = |group: &ExceptionGroup| {
                (
                    std::cmp::Reverse(group.count),
                    group.first.name.clone(),
                    group.first.message.clone(),
                )
            };
            key(a).cmp(&key(b))
        });
        Ok(groups)
    }
}
