//! Roots in words.

use clrscope_clr::code::MethodNamer;
use clrscope_clr::stack::RootLocation;
use clrscope_clr::{
    HandleKind, HeapGraph, NameStyle, Root, RootFrame, RootKind, StackSlot, ThreadHandle,
};
use clrscope_memory::Arch;

use crate::stack_place::StackPlace;

/// A root in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RootLabel {
    /// What sort of root, in one word: `static`, `threadstatic`, `stack`, `code`, `handle`,
    /// `finalizer`, `statics`, `frozen`.
    pub kind: &'static str,
    /// What it is: the field, the kind of handle, the slot.
    pub detail: String,
    /// Whether the runtime itself would report it.
    pub exact: bool,
    /// The thread, by the operating system's number.
    pub thread: Option<u32>,
    /// The method of the frame.
    pub frame: Option<String>,
    /// Of a root on a stack, the register that it is in, or what it is relative to.
    pub place: Option<StackPlace>,
}

/// Puts the roots of a graph into words.
#[derive(Debug)]
pub struct RootLabeler<'data> {
    methods: Option<MethodNamer<'data>>,
    style: NameStyle,
    arch: Arch,
}

impl<'data> RootLabeler<'data> {
    /// A labeler for the roots of `graph`. Where the layout does not let methods be named, frames are
    /// shown by address.
    pub fn new(graph: &HeapGraph<'data>, style: NameStyle) -> RootLabeler<'data> {
        let runtime = graph.objects().heap().runtime();
        let arch = runtime.snapshot().target.arch;
        RootLabeler { methods: MethodNamer::new(runtime).ok(), style, arch }
    }

    /// A root in words.
    pub fn label(&self, root: &Root) -> RootLabel {
        let label = |kind, detail: String| RootLabel {
            kind,
            detail,
            exact: !root.kind.is_conservative(),
            thread: None,
            frame: None,
            place: None,
        };
        match &root.kind {
            RootKind::Static(name) => label("static", name.to_string()),
            RootKind::ThreadStatic { name, thread } => {
                RootLabel { thread: Some(*thread), ..label("threadstatic", name.to_string()) }
            }
            RootKind::Stack(slot) => {
                let frame_sp = slot.frame.as_ref().map(|frame| frame.sp);
                let place = StackPlace::new(self.arch, slot.location, frame_sp);
                RootLabel {
                    thread: Some(slot.thread),
                    frame: slot.frame.as_ref().map(|frame| self.frame(frame)),
                    place: Some(place),
                    ..label("stack", stack_detail(slot, place))
                }
            }
            RootKind::RunningCode { thread, frame } => RootLabel {
                thread: Some(*thread),
                frame: Some(self.frame(frame)),
                ..label("code", "running code of a collectible assembly".to_owned())
            },
            RootKind::Handle(kind) => label("handle", handle(*kind)),
            RootKind::ThreadHandle { thread, holds } => {
                let what = match holds {
                    ThreadHandle::LastThrown => "exception thrown last by thread",
                    ThreadHandle::Exception => "exception thrown by thread",
                    ThreadHandle::Object => "object of thread",
                };
                let detail = format!("strong handle: {what} {thread:x}");
                RootLabel { thread: Some(*thread), ..label("handle", detail) }
            }
            RootKind::FinalizerQueue { critical: true } => {
                label("finalizer", "ready for critical finalization".to_owned())
            }
            RootKind::FinalizerQueue { critical: false } => {
                label("finalizer", "ready for finalization".to_owned())
            }
            RootKind::StaticsElement => {
                label("statics", "string literal or static of unknown name".to_owned())
            }
            RootKind::StaticsArray(kind) => {
                label("statics", format!("array of statics, {}", handle(*kind)))
            }
            RootKind::ThreadStatics { thread } => RootLabel {
                thread: Some(*thread),
                ..label("statics", "array of thread statics".to_owned())
            },
            RootKind::Frozen => label("frozen", "frozen object, never collected".to_owned()),
            _ => label("other", String::new()),
        }
    }

    fn frame(&self, frame: &RootFrame) -> String {
        let method = frame.method_desc.zip(self.methods.as_ref());
        let name = method.and_then(|(desc, methods)| methods.of_method_desc(desc));
        match (name, &frame.explicit) {
            (Some(name), _) => name.to_string_in(self.style),
            (None, Some(class)) => format!("[{class}]"),
            (None, None) => format!("<code at {}>", frame.ip),
        }
    }
}

fn handle(kind: HandleKind) -> String {
    match kind {
        HandleKind::Strong => "strong handle".to_owned(),
        HandleKind::Pinned => "pinned handle".to_owned(),
        HandleKind::RefCounted => "ref counted handle".to_owned(),
        HandleKind::AsyncPinned => "async pinned handle".to_owned(),
        HandleKind::SizedRef => "sized ref handle".to_owned(),
        other => format!("{} handle", other.name()),
    }
}

fn stack_detail(slot: &StackSlot, place: StackPlace) -> String {
    let what = match slot.location {
        RootLocation::Register { .. } => "register",
        RootLocation::Stack { .. } => "stack slot",
    };
    let mut text = match place.register {
        Some(_) => format!("{what} {place}"),
        None => what.to_owned(),
    };
    for (is, word) in [
        (!slot.exact, ", conservative"),
        (slot.interior, ", interior"),
        (slot.pinned && slot.exact, ", pinned"),
    ] {
        text.push_str(if is { word } else { "" });
    }
    text
}
