//! Async stacks: an async method that waits, who waits for it, and so on.

use std::cmp::Reverse;

use clrscope_clr::code::MethodFinder;
use clrscope_clr::{NameStyle, ObjectRef, TaskState, TextLimits, Types, Value};
use clrscope_memory::{VirtAddr, limits};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::async_objects::{AsyncObject, AsyncObjects};
use crate::task_chain::{async_method, machine_type};

/// A task or an async method in an async stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncFrame {
    /// The object; the first, where several were merged.
    pub address: VirtAddr,
    /// Its method table.
    pub method_table: VirtAddr,
    /// The name of its type.
    pub name: String,
    /// The async method that it keeps running.
    pub method: Option<String>,
    /// Its state, if it is a task.
    pub state: Option<TaskState>,
    /// Of an async method: the number of the `await` that it waits in; -1 while it runs.
    pub await_number: Option<i32>,
    /// How far it is from the top: who waits for it is one deeper.
    pub depth: u32,
    /// How many the same of those that wait for the same were merged.
    pub count: u64,
    /// The method that a task or a delegate runs, if [`AsyncReader::describe`] was asked for it.
    pub runs: Option<String>,
    /// Of an async method: its parameters and variables with their values, if
    /// [`AsyncReader::describe`] was asked for them.
    pub fields: Vec<(String, String)>,
}

/// Something that an async method waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Awaited {
    /// The object behind the awaiter, if it has one.
    pub address: Option<VirtAddr>,
    /// The name of its type, or of the awaiter's.
    pub name: String,
    /// The state of a task.
    pub state: Option<TaskState>,
}

/// Async stacks that look the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncStack {
    /// How many there are.
    pub count: u64,
    /// The tasks or methods at the top of some of them.
    pub samples: Vec<VirtAddr>,
    /// What the method at the top of the first waits for, where that is no task that is in the stack.
    pub awaits: Option<Awaited>,
    /// The first of them: what has to end first, then who waits for that, and so on. Who waits for the same
    /// as others has the same depth.
    pub frames: Vec<AsyncFrame>,
    /// How many frames were left out.
    pub hidden: u64,
}

/// Which stacks are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AsyncSelection {
    /// Those that have this object.
    pub address: Option<VirtAddr>,
    /// Those that have an object with this method table.
    pub method_table: Option<VirtAddr>,
    /// Those that have an object whose type's name contains this text, or is of a method whose name does.
    pub type_name: Option<String>,
    /// Also those without any async method.
    pub tasks: bool,
    /// Each on its own, not merged with others that look the same.
    pub each: bool,
}

/// Frames that one stack has at most.
const MAX_FRAMES: usize = 4096;
/// Branches in branches.
const MAX_BRANCHES: usize = 32;
/// Objects that are looked at for one stack: where branches meet again, the same ones are on many ways.
const MAX_STEPS: usize = 4 * MAX_FRAMES;
/// Objects that are named of stacks that look the same.
const SAMPLES: usize = 10;

/// What makes two frames look the same.
type Key = (u32, VirtAddr, Option<TaskState>, Option<i32>, u64);

/// Chains tasks and async methods.
#[derive(Debug)]
pub struct AsyncReader<'a, 'data> {
    objects: &'a AsyncObjects,
    types: &'a Types<'data>,
    style: NameStyle,
}

/// What a part of a stack may take.
#[derive(Debug, Clone, Copy)]
struct Room {
    depth: u32,
    frames: usize,
    branches: usize,
}

impl<'a, 'data> AsyncReader<'a, 'data> {
    /// A reader that spells names in a style.
    pub fn new(
        objects: &'a AsyncObjects,
        types: &'a Types<'data>,
        style: NameStyle,
    ) -> AsyncReader<'a, 'data> {
        AsyncReader { objects, types, style }
    }

    /// The async stacks that are wanted, merged where they look the same; those with most of them first,
    /// ties in order of address.
    pub fn stacks(&self, selection: &AsyncSelection) -> Vec<AsyncStack> {
        let mut stacks: Vec<AsyncStack> = Vec::new();
        let mut known: FxHashMap<(Vec<Key>, Option<String>), usize> = FxHashMap::default();
        for top in self.tops() {
            let mut hidden = 0;
            let mut steps = MAX_STEPS;
            let frames = self.frames(
                top.object.address,
                Room { depth: 0, frames: MAX_FRAMES, branches: MAX_BRANCHES },
                &mut steps,
                &mut hidden,
            );
            if !selection.accepts(&frames) {
                continue;
            }
            let awaits = if top.is_state_machine { self.awaited(top) } else { None };
            let key = (frames.iter().map(key).collect(), awaits.as_ref().map(|a| a.name.clone()));
            let new = stacks.len();
            let place = if selection.each { new } else { *known.entry(key).or_insert(new) };
            if place == new {
                stacks.push(AsyncStack { count: 0, samples: Vec::new(), awaits, frames, hidden });
            }
            let Some(stack) = stacks.get_mut(place) else { continue };
            stack.count += 1;
            if stack.samples.len() < SAMPLES {
                stack.samples.push(top.object.address);
            }
        }
        stacks.sort_by_key(|stack| Reverse(stack.count));
        stacks
    }

    /// What nothing among the tasks and methods leads to; then, of circles, one each.
    fn tops(&self) -> Vec<&'a AsyncObject> {
        let all = &self.objects.found;
        let mut is_led_to = vec![false; all.len()];
        for one in all {
            for next in one.continuations.iter().filter_map(|next| self.objects.index.get(next)) {
                if let Some(is_led_to) = is_led_to.get_mut(*next) {
                    *is_led_to = true;
                }
            }
        }
        let mut is_seen = vec![false; all.len()];
        let mut tops = Vec::new();
        let free = (0..all.len()).filter(|&at| is_led_to.get(at) == Some(&false));
        for at in free.chain(0..all.len()) {
            if is_seen.get(at) != Some(&false) {
                continue;
            }
            tops.extend(all.get(at));
            let mut pending = vec![at];
            while let Some(at) = pending.pop() {
                let Some(is_seen) = is_seen.get_mut(at).filter(|is_seen| !**is_seen) else {
                    continue;
                };
                *is_seen = true;
                let next = all.get(at).map(|one| &one.continuations[..]).unwrap_or_default();
                pending.extend(next.iter().filter_map(|next| self.objects.index.get(next)));
            }
        }
        tops
    }

    /// An object and what runs when it ends, and so on.
    fn frames(
        &self,
        first: VirtAddr,
        room: Room,
        steps: &mut usize,
        hidden: &mut u64,
    ) -> Vec<AsyncFrame> {
        let mut frames: Vec<AsyncFrame> = Vec::new();
        let mut seen = FxHashSet::default();
        let mut next = Some(first);
        let mut depth = room.depth;
        while let Some(address) = next.take() {
            if room.frames <= frames.len() || *steps == 0 || !seen.insert(address) {
                *hidden += 1;
                break;
            }
            *steps -= 1;
            let one = self.objects.get(address);
            frames.extend(self.frame(address, one, depth));
            let continuations = one.map(|one| &one.continuations[..]).unwrap_or_default();
            depth += 1;
            match continuations {
                [] => {}
                [one] => next = Some(*one),
                many if room.branches == 0 => *hidden += many.len() as u64,
                many => {
                    // Those that look the same become one.
                    let mut places: FxHashMap<Vec<Key>, usize> = FxHashMap::default();
                    for &one in many {
                        let left = room.frames.saturating_sub(frames.len());
                        if left == 0 || *steps == 0 {
                            *hidden += 1;
                            continue;
                        }
                        let below = Room { depth, frames: left, branches: room.branches - 1 };
                        let branch = self.frames(one, below, steps, hidden);
                        let place = frames.len();
                        let first =
                            *places.entry(branch.iter().map(key).collect()).or_insert(place);
                        if first == place {
                            frames.extend(branch);
                        } else if let Some(frame) = frames.get_mut(first) {
                            frame.count += 1;
                        }
                    }
                }
            }
        }
        frames
    }

    fn frame(
        &self,
        address: VirtAddr,
        one: Option<&AsyncObject>,
        depth: u32,
    ) -> Option<AsyncFrame> {
        let object = self.types.object(address).ok()?;
        let machine = object.state_machine().as_ref().and_then(machine_type);
        Some(AsyncFrame {
            address,
            method_table: object.ty().method_table(),
            name: object.ty().name_in(self.style),
            method: machine.map(|machine| async_method(&machine)),
            state: match one {
                Some(one) => one.state,
                None => object.as_task().and_then(|task| task.state()),
            },
            await_number: one.and_then(|one| one.await_number),
            depth,
            count: 1,
            runs: None,
            fields: Vec::new(),
        })
    }

    /// Adds to the frames of a stack which methods their delegates run, if `methods` can be named, and with `fields` the parameters
    /// and variables of async methods.
    pub fn describe(
        &self,
        stack: &mut AsyncStack,
        methods: Option<&MethodFinder<'_>>,
        fields: bool,
    ) {
        for frame in &mut stack.frames {
            let Ok(object) = self.types.object(frame.address) else { continue };
            let delegate = object.as_delegate().or_else(|| object.as_task()?.action());
            let method = delegate.and_then(|delegate| methods?.of_delegate(&delegate));
            frame.runs = method.map(|method| method.to_string_in(self.style));
            let Some(machine) = object.state_machine().filter(|_| fields) else { continue };
            let Some(ty) = machine.ty() else { continue };
            frame.fields = ty
                .fields()
                .iter()
                .filter_map(|field| {
                    let value = machine.value_of(field)?.text(TextLimits::default());
                    Some((field.display_name().to_owned(), value))
                })
                .collect();
        }
    }

    /// What an async method waits for.
    pub fn awaited(&self, one: &AsyncObject) -> Option<Awaited> {
        if one.await_number.is_none_or(|number| number < 0) {
            return None;
        }
        let machine = self.types.object(one.object.address).ok()?.state_machine()?;
        let ty = machine.ty()?;
        let awaiters = ty.fields().iter().filter(|field| field.name().starts_with("<>u__"));
        let found = awaiters.filter_map(|field| self.of_awaiter(&machine.value_of(field)?));
        let found: Vec<Awaited> = found.take(limits::MAX_DEPTH).collect();
        // Awaiters that are done with are cleared: one that has an object is the one.
        let known = found.iter().find(|awaited| awaited.address.is_some());
        known.or_else(|| found.first().filter(|_| found.len() == 1)).cloned()
    }

    fn of_awaiter(&self, awaiter: &Value<'_, '_>) -> Option<Awaited> {
        let describe = |object: ObjectRef<'_, '_>| Awaited {
            address: Some(object.address()),
            name: object.ty().name_in(self.style),
            state: object.as_task().and_then(|task| task.state()),
        };
        if let Some(object) = awaiter.as_object() {
            return Some(describe(object));
        }
        let ty = awaiter.structure()?;
        match object_of_awaiter(awaiter, 0) {
            Some(object) => Some(describe(object)),
            None => Some(Awaited { address: None, name: ty.name_in(self.style), state: None }),
        }
    }
}

/// The first object in the fields of an awaiter: a task, or the source of a `ValueTask`.
fn object_of_awaiter<'a, 'data>(
    awaiter: &Value<'a, 'data>,
    depth: u32,
) -> Option<ObjectRef<'a, 'data>> {
    let ty = awaiter.structure().filter(|_| depth < 4)?;
    ty.fields().iter().find_map(|field| {
        let value = awaiter.value_of(field)?;
        value.as_object().or_else(|| object_of_awaiter(&value, depth + 1))
    })
}

fn key(frame: &AsyncFrame) -> Key {
    (frame.depth, frame.method_table, frame.state, frame.await_number, frame.count)
}

impl AsyncSelection {
    fn accepts(&self, frames: &[AsyncFrame]) -> bool {
        let has = |fits: &dyn Fn(&AsyncFrame) -> bool| frames.iter().any(fits);
        (self.tasks || has(&|frame| frame.method.is_some()))
            && self.address.is_none_or(|address| has(&|frame| frame.address == address))
            && self.method_table.is_none_or(|table| has(&|frame| frame.method_table == table))
            && has(&|frame| self.names(&frame.name, frame.method.as_deref()))
    }

    /// Whether a type or its method has the text that is asked for in its name.
    pub(crate) fn names(&self, name: &str, method: Option<&str>) -> bool {
        self.type_name.as_ref().is_none_or(|text| {
            name.contains(text) || method.is_some_and(|method| method.contains(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use clrscope_clr::{LayoutMode, Object, TypeId, find_runtimes};
    use clrscope_minidump::Minidump;
    use clrscope_testkit::corpus;

    use super::*;

    #[test]
    fn ways_that_part_and_meet_again_are_not_all_walked() {
        // Each of sixty objects goes on twice with the next, and the last with the first.
        let count = 60;
        let place = |index: u64| VirtAddr(0x1000 + 8 * (index % count));
        let one = |index: u64| AsyncObject {
            object: Object { address: place(index), ty: TypeId(0), size: 24, aligned_size: 24 },
            is_state_machine: false,
            state: None,
            await_number: None,
            continuations: vec![place(index + 1), place(index + 1)],
        };
        let mut objects =
            AsyncObjects { found: (0..count).map(one).collect(), ..Default::default() };
        objects.index = (0..).map(place).zip(0..objects.found.len()).collect();

        let bytes = corpus::dump("net8-x64-case005").expect("it is in testdata").bytes();
        let snapshot = Minidump::parse(&bytes).expect("a minidump").snapshot().value;
        let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
        let types = runtimes.first().expect("a runtime").types().expect("a layout");
        let reader = AsyncReader::new(&objects, types, NameStyle::CSharp);
        let mut hidden = 0;
        let room = Room { depth: 0, frames: MAX_FRAMES, branches: MAX_BRANCHES };
        let mut steps = MAX_STEPS;
        reader.frames(place(0), room, &mut steps, &mut hidden);
        assert!(hidden > 0);
    }
}
