//! The stacks of threads: their frames by name, and the objects that they refer to.

use std::cell::RefCell;
use std::fmt;

use clrscope_clr::code::{CodeMap, MethodName, MethodNamer};
use clrscope_clr::stack::{
    FrameKind, NativeFrame, RootLocation, StackBudget, StackFrame, StackRoot, StackWalker,
};
use clrscope_clr::{HeapObjects, MissingField, NameStyle, Runtime, TextLimits, TypeName, Types};
use clrscope_image::unwind::{FoundBy, RegisterFile};
use clrscope_memory::{Issue, IssueKind, Issues, Presence, ThreadRecord, VirtAddr};

use crate::object_lookup::ObjectLookup;
use crate::register_names::{RegisterValue, known_registers};
use crate::stack_place::StackPlace;
use crate::thread_list::ThreadEntry;

/// The stack of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadStack {
    /// The thread.
    pub entry: ThreadEntry,
    /// Its frames, innermost first; native ones are not among them.
    pub frames: Vec<Frame>,
    /// The native frames between those, innermost first, if they were asked for.
    pub native: Vec<NativeCode>,
    /// What its frames and registers refer to, if it was asked for: exact ones first, in the order of
    /// the frames, then what only looks like a reference.
    pub references: Vec<StackReference>,
}

impl ThreadStack {
    /// A stack of which nothing is known.
    fn unknown(entry: ThreadEntry) -> ThreadStack {
        ThreadStack { entry, frames: Vec::new(), native: Vec::new(), references: Vec::new() }
    }
}

/// A frame of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where it is executing; of an explicit frame where managed code goes on, or null.
    pub ip: VirtAddr,
    /// Its stack pointer; of an explicit frame its address.
    pub sp: VirtAddr,
    /// The class of an explicit frame, which is a record of the runtime and no call; `None` of a
    /// managed frame. Empty if the class is not known.
    pub explicit: Option<String>,
    /// The method that it is of or stands for, with its parameters; `None` if it is not known.
    pub method: Option<String>,
    /// That method's names, in no style.
    pub plain: Option<PlainMethod>,
    /// The simple name of the assembly of that method's type.
    pub module: Option<String>,
    /// How far into the method's code it is; `None` of an explicit frame.
    pub offset: Option<u32>,
    /// How it was found.
    pub found_by: FoundBy,
    /// What its registers held, where that is known and was asked for.
    pub registers: Vec<RegisterValue>,
}

/// A frame of native code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeCode {
    /// The index of the frame that it lies before.
    pub before: usize,
    /// Where it is executing.
    pub ip: VirtAddr,
    /// Its stack pointer.
    pub sp: VirtAddr,
    /// The file name of the image that its code is in; `None` if it is in none.
    pub module: Option<String>,
    /// How far behind the start of the image that is.
    pub offset: Option<u64>,
    /// Whether its code is a stub that the runtime made.
    pub is_stub: bool,
    /// How it was found.
    pub found_by: FoundBy,
    /// What its registers held, where that is known and was asked for.
    pub registers: Vec<RegisterValue>,
}

/// A method by the names in metadata: no arguments, no parameters, no marks of generic types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainMethod {
    /// The type that declares it: `System.Threading.Tasks.Task+SetOnInvokeMres`.
    pub owner: String,
    /// Its own name.
    pub name: String,
}

impl PlainMethod {
    fn new(method: &MethodName) -> Option<PlainMethod> {
        let TypeName::Named { namespace, path, .. } = &*method.owner else { return None };
        let path: Vec<_> =
            path.iter().map(|name| name.split('`').next().unwrap_or_default()).collect();
        let path = path.join("+");
        let owner = if namespace.is_empty() { path } else { format!("{namespace}.{path}") };
        Some(PlainMethod { owner, name: method.name.to_string() })
    }
}

impl fmt::Display for PlainMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.owner, self.name)
    }
}

/// An object that a stack or a register refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackReference {
    /// Index of the frame that it belongs to, or whose memory it lies in.
    pub frame: Option<usize>,
    /// Where it is.
    pub location: RootLocation,
    /// The register that it is in, or what it is relative to.
    pub place: StackPlace,
    /// What is stored there.
    pub value: VirtAddr,
    /// The object that it points at or into.
    pub object: VirtAddr,
    /// The name of the object's type; `None` if no object is there.
    pub name: Option<String>,
    /// What the object says of itself in a few words, as strings do.
    pub text: Option<String>,
    /// Whether the slot may point into the middle of an object.
    pub interior: bool,
    /// Whether it keeps its object from being moved.
    pub pinned: bool,
    /// Whether the runtime itself would report it; all others only look like references.
    pub exact: bool,
}

/// Which references are wanted.
#[derive(Debug, Clone, Copy)]
pub enum References<'a, 'data> {
    /// None: stacks are walked without the heap.
    None,
    /// Those that the runtime itself would report and that point at the begin of an object: no walk over
    /// the heap is needed to know them.
    Direct,
    /// Those that the runtime itself would report.
    Exact(&'a HeapObjects<'data>),
    /// Also every word that looks like one.
    All(&'a HeapObjects<'data>),
}

/// What is wanted of stacks.
#[derive(Debug, Clone, Copy)]
pub struct StackOptions<'a, 'data> {
    /// Which references.
    pub references: References<'a, 'data>,
    /// How names are spelled.
    pub style: NameStyle,
    /// Whether native frames are.
    pub native: bool,
    /// Whether the registers of frames are.
    pub registers: bool,
}

impl<'a, 'data> StackOptions<'a, 'data> {
    /// Managed and explicit frames, and `references`.
    pub fn new(references: References<'a, 'data>, style: NameStyle) -> Self {
        StackOptions { references, style, native: false, registers: false }
    }
}

/// Walks the stacks of `threads`. That some cannot be walked is added to `issues`.
pub fn thread_stacks<'data>(
    runtime: &Runtime<'data>,
    threads: Vec<ThreadEntry>,
    options: &StackOptions<'_, 'data>,
    issues: &mut Issues,
) -> Vec<ThreadStack> {
    let code = CodeMap::new(runtime).map_err(|missing| not_walked(&missing, issues)).ok();
    if let Some(code) = &code {
        issues.append(code.issues().clone());
    }
    let reader = code.as_ref().and_then(|code| {
        StackReader::new(code, *options).map_err(|missing| not_walked(&missing, issues)).ok()
    });
    let Some(reader) = reader else {
        return threads.into_iter().map(ThreadStack::unknown).collect();
    };
    let mut budget = StackBudget::new(&runtime.snapshot().space);
    let walked: Vec<Walked<'_>> =
        threads.into_iter().map(|entry| reader.walk(entry, &mut budget, issues)).collect();
    let lookup = reader.lookup(&walked);
    walked.into_iter().map(|walked| reader.stack(walked, &lookup)).collect()
}

fn not_walked(missing: &MissingField, issues: &mut Issues) {
    issues.push(Issue::general(
        IssueKind::MissingStructure,
        format!("the stacks of threads cannot be walked: {missing}"),
    ));
}

struct StackReader<'a, 'data> {
    code: &'a CodeMap<'data>,
    walker: StackWalker<'a, 'data>,
    namer: MethodNamer<'data>,
    types: &'a Types<'data>,
    options: StackOptions<'a, 'data>,
}

/// A thread whose stack was walked, if it has one.
struct Walked<'a> {
    entry: ThreadEntry,
    stack: Option<WalkedStack<'a>>,
}

struct WalkedStack<'a> {
    record: &'a ThreadRecord,
    frames: Vec<StackFrame>,
    native: Vec<NativeFrame>,
}

impl<'a, 'data> StackReader<'a, 'data> {
    fn new(
        code: &'a CodeMap<'data>,
        options: StackOptions<'a, 'data>,
    ) -> Result<StackReader<'a, 'data>, MissingField> {
        let runtime = code.runtime();
        Ok(StackReader {
            walker: StackWalker::new(code)?,
            namer: MethodNamer::new(runtime)?,
            types: runtime.types()?,
            code,
            options,
        })
    }

    fn walk(
        &self,
        entry: ThreadEntry,
        budget: &mut StackBudget,
        issues: &mut Issues,
    ) -> Walked<'a> {
        let snapshot = self.code.runtime().snapshot();
        // Threads that ended or have not begun have no record.
        let record = entry.debugger_id.and_then(|index| snapshot.threads.get(index));
        let record = record.filter(|record| budget.spend(&snapshot.space, record, issues));
        let Some(record) = record else { return Walked { entry, stack: None } };
        let present = snapshot.space.presence(record.stack_start, record.stack_bytes);
        if record.registers.is_none() || present != Presence::Present {
            issues.push(Issue::in_memory(
                IssueKind::MissingMemory,
                record.stack_start,
                format!(
                    "the stack or the registers of thread {:#x} are not in the dump",
                    record.os_id
                ),
            ));
        }
        let thread = entry.thread.address;
        let (frames, native) = self.walker.walk_with_native(thread, record, issues);
        budget.spend_frames(frames.len());
        let native = if self.options.native { native } else { Vec::new() };
        Walked { entry, stack: Some(WalkedStack { record, frames, native }) }
    }

    /// The objects that words of all stacks are in. Which words matter only the frames say; so all are
    /// gathered first, and one walk over the heap finds the objects of all.
    fn lookup(&self, walked: &[Walked<'_>]) -> ObjectLookup {
        let (References::Exact(heap) | References::All(heap)) = self.options.references else {
            return ObjectLookup::default();
        };
        let asked = RefCell::new(Vec::new());
        for stack in walked.iter().filter_map(|walked| walked.stack.as_ref()) {
            self.walker.roots(stack.record, &stack.frames, &|address| {
                asked.borrow_mut().push(address);
                None
            });
        }
        ObjectLookup::new(heap, asked.into_inner())
    }

    fn stack(&self, walked: Walked<'_>, lookup: &ObjectLookup) -> ThreadStack {
        let Walked { entry, stack } = walked;
        let Some(WalkedStack { record, frames, native }) = stack else {
            return ThreadStack::unknown(entry);
        };
        ThreadStack {
            entry,
            references: self.references(record, &frames, lookup),
            frames: frames.iter().map(|frame| self.name(frame)).collect(),
            native: native.iter().map(|frame| self.place(frame)).collect(),
        }
    }

    fn registers(&self, file: Option<&RegisterFile>, found_by: FoundBy) -> Vec<RegisterValue> {
        let arch = self.code.runtime().snapshot().target.arch;
        let wanted = file.filter(|_| self.options.registers);
        let has_called = found_by != FoundBy::Context;
        wanted.map(|file| known_registers(arch, file, has_called)).unwrap_or_default()
    }

    fn place(&self, frame: &NativeFrame) -> NativeCode {
        let ip = frame.registers.ip();
        let module = self.code.runtime().snapshot().module_at(ip);
        NativeCode {
            before: frame.before,
            ip,
            sp: frame.registers.sp(),
            module: module.map(|module| module.file_name().to_owned()),
            offset: module.and_then(|module| ip.offset_from(module.base)),
            is_stub: frame.is_stub,
            found_by: frame.found_by,
            registers: self.registers(Some(&frame.registers), frame.found_by),
        }
    }

    fn name(&self, frame: &StackFrame) -> Frame {
        let name = match &frame.kind {
            FrameKind::Managed(code) => self.namer.of_code(code),
            FrameKind::Explicit(_) => {
                frame.method_desc().and_then(|at| self.namer.of_method_desc(at))
            }
        };
        let module = name.as_ref().map(|name| name.owner.assembly().to_owned());
        let explicit = match frame.method() {
            Some(_) => None,
            None => Some(frame.explicit_kind().unwrap_or_default().to_owned()),
        };
        Frame {
            ip: frame.ip,
            sp: frame.sp,
            explicit,
            plain: name.as_ref().and_then(PlainMethod::new),
            method: name.map(|name| name.to_string_in(self.options.style)),
            module: module.filter(|module| !module.is_empty()),
            offset: frame.method().map(|method| method.offset),
            found_by: frame.found_by,
            registers: self.registers(frame.registers.as_ref(), frame.found_by),
        }
    }

    fn references(
        &self,
        record: &ThreadRecord,
        frames: &[StackFrame],
        lookup: &ObjectLookup,
    ) -> Vec<StackReference> {
        if let References::None = self.options.references {
            return Vec::new();
        }
        let roots = self.walker.roots(record, frames, &|address| lookup.containing(address)).roots;
        let all = !matches!(self.options.references, References::Exact(_));
        let wanted = roots.iter().filter(|root| all || root.exact);
        wanted.map(|root| self.reference(root, frames)).collect()
    }

    fn reference(&self, root: &StackRoot, frames: &[StackFrame]) -> StackReference {
        let object = self.types.object(root.object).ok();
        let arch = self.code.runtime().snapshot().target.arch;
        let frame_sp = root.frame.and_then(|index| frames.get(index)).map(|frame| frame.sp);
        StackReference {
            frame: root.frame,
            location: root.location,
            place: StackPlace::new(arch, root.location, frame_sp),
            value: root.value,
            object: root.object,
            text: object.as_ref().and_then(|object| object.brief(TextLimits::default())),
            name: object.map(|object| object.ty().name_in(self.options.style)),
            interior: root.interior,
            pinned: root.pinned,
            exact: root.exact,
        }
    }
}
