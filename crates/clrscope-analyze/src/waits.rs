//! What threads wait for.

use clrscope_clr::{ObjectRef, Runtime, Types};
use clrscope_memory::{AddressSpace, VirtAddr};

use crate::handle_objects::derives_from;
use crate::locks::{HeldLock, LOCK_CLASS, Locks};
use crate::task_chain::{async_method, machine_type};
use crate::thread_stacks::{Frame, StackReference, ThreadStack};
use crate::wait_rules::{WaitKind, passes_on, waits_for};

/// What a thread waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Which kind of thing.
    pub kind: WaitKind,
    /// The frame that asked for the wait, by index: the outermost that belongs to it.
    pub frame: usize,
    /// The frame that called it: the program's, as a rule.
    pub caller: Option<usize>,
    /// The object that it waits for or on, if it was found.
    pub object: Option<WaitObject>,
    /// The lock, if it waits for one that another thread holds.
    pub lock: Option<HeldLock>,
}

/// An object that a thread waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitObject {
    /// The object.
    pub address: VirtAddr,
    /// The name of its type.
    pub name: String,
    /// The handle of the operating system behind it, of a `WaitHandle`.
    pub handle: Option<u64>,
    /// Of a task, the async method that has to end: then the thread waits sync over async.
    pub async_method: Option<String>,
    /// Whether the frames that wait, or the runtime's own lists, say so; otherwise it is the only thing
    /// near the top of the stack that can be meant.
    pub exact: bool,
}

/// Bytes of stack below the caller that are searched for what it waits for.
const SEARCHED: u64 = 1 << 16;

const WAIT_HANDLE: &str = "System.Threading.WaitHandle";
const SAFE_WAIT_HANDLE: &str = "Microsoft.Win32.SafeHandles.SafeWaitHandle";

/// What each thread waits for; `None`, if it does not wait, or nothing says so. The stacks must have been
/// read with what their frames refer to.
pub fn waits(locks: &Locks<'_, '_>, stacks: &[ThreadStack]) -> Vec<Option<Wait>> {
    let runtime = locks.runtime();
    let Ok(types) = runtime.types() else { return vec![None; stacks.len()] };
    let reader = WaitReader { runtime, types, space: &runtime.snapshot().space, locks };
    stacks.iter().map(|stack| reader.wait(stack)).collect()
}

struct WaitReader<'a, 'data> {
    runtime: &'a Runtime<'data>,
    types: &'a Types<'data>,
    space: &'a AddressSpace<'data>,
    locks: &'a Locks<'a, 'data>,
}

impl WaitReader<'_, '_> {
    fn wait(&self, stack: &ThreadStack) -> Option<Wait> {
        let Some(recognised) = Recognised::of(&stack.frames) else {
            return self.unnamed_lock(stack);
        };
        let Recognised { kind, frame, caller } = recognised;
        let mut wait = Wait { kind, frame, caller, object: None, lock: None };
        match kind {
            WaitKind::Lock => {
                let found = self.lock(stack, caller);
                wait.lock = found.as_ref().and_then(|(_, lock)| *lock);
                wait.object = found.map(|(object, _)| object);
            }
            WaitKind::Pulse => {
                let listed = self.locks.pulse_object(stack.entry.thread.address);
                wait.object = listed
                    .and_then(|object| self.object(object, true))
                    .or_else(|| self.search(stack, caller, |_| true));
            }
            WaitKind::Task => {
                wait.object = self.search(stack, caller, |object| object.ty().is_task());
            }
            WaitKind::WaitHandle => wait.object = self.wait_handle(stack, caller),
            WaitKind::Event => wait.object = self.search(stack, caller, is_event),
            WaitKind::Thread => {
                let own = stack.entry.thread.object;
                wait.object = self.search(stack, caller, |object| {
                    object.ty().name() == "System.Threading.Thread" && Some(object.address()) != own
                });
            }
            WaitKind::Sleep | WaitKind::Io | WaitKind::Work => {}
        }
        Some(wait)
    }

    /// The object whose lock a thread wants to take. One that another thread holds is surely meant.
    fn lock(
        &self,
        stack: &ThreadStack,
        caller: Option<usize>,
    ) -> Option<(WaitObject, Option<HeldLock>)> {
        let contended = |object: VirtAddr| {
            let held = self.locks.held(object);
            held.filter(|held| held.owner != Some(stack.entry.thread.address))
        };
        let within = references(stack, caller);
        let exact = within.iter().find_map(|reference| {
            let lock = contended(reference.object)?;
            Some((self.object(reference.object, true)?, Some(lock)))
        });
        let near = || {
            self.words(stack, caller).find_map(|word| {
                let lock = contended(word).filter(|lock| lock.waiters > 0)?;
                Some((self.object(word, false)?, Some(lock)))
            })
        };
        let uncontended = || {
            let is_lock = |object: &ObjectRef<'_, '_>| object.ty().name() == LOCK_CLASS;
            self.search(stack, caller, is_lock).map(|object| (object, None))
        };
        exact.or_else(near).or_else(uncontended)
    }

    /// A thread that is in a part of the runtime without a name, called with an object whose lock
    /// another thread holds, waits for that lock: just-in-time compiled code calls helpers for
    /// `lock` that are no methods.
    fn unnamed_lock(&self, stack: &ThreadStack) -> Option<Wait> {
        let first = stack.frames.first()?;
        let is_helper =
            first.explicit.as_deref().is_some_and(|kind| kind.starts_with("HelperMethodFrame"));
        if !is_helper || first.method.is_some() {
            return None;
        }
        let caller = stack.frames.get(1).map(|_| 1);
        let (object, lock) = self.lock(stack, caller)?;
        let lock = lock.filter(|lock| lock.waiters > 0)?;
        Some(Wait {
            kind: WaitKind::Lock,
            frame: 0,
            caller,
            object: Some(object),
            lock: Some(lock),
        })
    }

    /// The `WaitHandle` on the stack whose handle is the one that is waited for.
    fn wait_handle(&self, stack: &ThreadStack, caller: Option<usize>) -> Option<WaitObject> {
        let safe = self.search(stack, caller, |object| object.ty().name() == SAFE_WAIT_HANDLE);
        let owns = |object: &ObjectRef<'_, '_>| {
            let handle = derives_from(object.ty(), WAIT_HANDLE)
                .then(|| object.field_of(&["_waitHandle", "safeWaitHandle", "m_safeWaitHandle"]))
                .flatten()
                .and_then(|field| field.reference());
            handle.is_some_and(|handle| safe.as_ref().is_none_or(|safe| safe.address == handle))
        };
        self.search(stack, caller, owns).or(safe)
    }

    /// The first object of those that the frames up to the caller's refer to that fits; where the frames
    /// do not say, the first such on the stack.
    fn search(
        &self,
        stack: &ThreadStack,
        caller: Option<usize>,
        fits: impl Fn(&ObjectRef<'_, '_>) -> bool,
    ) -> Option<WaitObject> {
        let fitting = |address: VirtAddr, exact| {
            let object = self.types.object(address).ok().filter(|object| fits(object))?;
            Some(self.describe(&object, exact))
        };
        let within = references(stack, caller);
        let exact = within.iter().find_map(|reference| fitting(reference.object, true));
        exact.or_else(|| self.words(stack, caller).find_map(|word| fitting(word, false)))
    }

    /// The words of the stack up to the caller's frame, the innermost first.
    fn words(&self, stack: &ThreadStack, caller: Option<usize>) -> impl Iterator<Item = VirtAddr> {
        let record = self.runtime.snapshot().thread(stack.entry.thread.os_id);
        let registers = record.and_then(|record| record.registers.as_ref());
        let start = registers.map(|registers| registers.stack_pointer());
        // Also the caller's own frame: its end is where the next begins.
        let frames = caller.and_then(|index| stack.frames.get(index.saturating_add(1)..));
        let end = frames.into_iter().flatten().find(|frame| frame.explicit.is_none());
        let size = self.space.target().pointer_bytes();
        let first_managed = stack.frames.iter().map(|frame| frame.sp).min();
        let start = start.or(first_managed).unwrap_or_default().align_up(size);
        let limit = start.wrapping_add(SEARCHED);
        let end = end.map_or(limit, |frame| frame.sp.min(limit));
        let count = end.offset_from(start).unwrap_or(0) / size;
        (0..count)
            .filter_map(move |index| self.space.read_pointer(start.wrapping_add(index * size)))
            .filter(|word| !word.is_null())
    }

    fn object(&self, address: VirtAddr, exact: bool) -> Option<WaitObject> {
        self.types.object(address).ok().map(|object| self.describe(&object, exact))
    }

    fn describe(&self, object: &ObjectRef<'_, '_>, exact: bool) -> WaitObject {
        let safe = match object.ty().name() {
            SAFE_WAIT_HANDLE => Some(object.clone()),
            _ => object
                .field_of(&["_waitHandle", "safeWaitHandle", "m_safeWaitHandle"])
                .and_then(|field| field.as_object()),
        };
        let handle = safe.and_then(|safe| safe.field("handle")?.as_pointer());
        WaitObject {
            address: object.address(),
            name: object.ty().name().to_owned(),
            handle: handle.map(|handle| handle.0),
            async_method: object
                .state_machine()
                .as_ref()
                .and_then(machine_type)
                .map(|machine| async_method(&machine)),
            exact,
        }
    }
}

/// Whether an object is an event, a semaphore or a count of the class library's own.
fn is_event(object: &ObjectRef<'_, '_>) -> bool {
    ["ManualResetEventSlim", "SemaphoreSlim", "CountdownEvent", "Barrier"]
        .iter()
        .any(|name| derives_from(object.ty(), &format!("System.Threading.{name}")))
}

/// What the frames up to the caller's refer to, the innermost first.
fn references(stack: &ThreadStack, caller: Option<usize>) -> Vec<&StackReference> {
    let last = caller.unwrap_or(stack.frames.len());
    let is_within = |reference: &&StackReference| {
        reference.exact && reference.frame.is_some_and(|frame| frame <= last)
    };
    stack.references.iter().filter(is_within).collect()
}

/// A wait that the names of methods give away.
struct Recognised {
    kind: WaitKind,
    frame: usize,
    caller: Option<usize>,
}

impl Recognised {
    /// The wait that the innermost frames of a stack are in: the outermost of its methods says what it
    /// is, but a lock is a lock, whatever it protects.
    fn of(frames: &[Frame]) -> Option<Recognised> {
        let mut found: Option<(WaitKind, usize)> = None;
        let mut caller = None;
        for (index, frame) in frames.iter().enumerate() {
            let Some(method) = &frame.plain else {
                // The runtime's own record of a call.
                if frame.explicit.is_some() {
                    continue;
                }
                caller = Some(index);
                break;
            };
            match (waits_for(method), found) {
                (Some(kind), Some((WaitKind::Lock, _))) if kind != WaitKind::Lock => {
                    caller = Some(index);
                    break;
                }
                (Some(kind), _) => found = Some((kind, index)),
                (None, _) if passes_on(method) => {}
                (None, _) => {
                    caller = Some(index);
                    break;
                }
            }
        }
        found.map(|(kind, frame)| Recognised { kind, frame, caller })
    }
}
