//! What a thread waits for, as every verb that names a thread shows it.

use clrscope_analyze::{LockKind, ThreadStack, Wait, Waiting};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Style;

/// What a thread waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitEntry {
    /// `lock`, `pulse`, `task`, `wait-handle`, `event`, `thread`, `sleep`, `io`, or `work` of a thread
    /// that has none.
    pub kind: &'static str,
    /// The object that it waits for, if it was found.
    pub object: Option<Address>,
    /// The name of that object's type.
    pub name: Option<String>,
    /// The handle of the operating system behind the object.
    pub handle: Option<Address>,
    /// Of a task, the async method that has to end: the thread waits sync over async.
    pub async_method: Option<String>,
    /// Whether the runtime's own data say that it is this object.
    pub exact: bool,
    /// Of a lock: where its state is kept: `sync-block`, `header` or `object`.
    pub lock: Option<&'static str>,
    /// Of a lock: the number of its sync block.
    pub sync_block: Option<u32>,
    /// Of a lock: the operating system's number of the thread that holds it.
    pub owner_os_id: Option<u32>,
    /// Of a lock: how many threads wait for it.
    pub waiters: Option<u32>,
    /// The method that waits.
    pub method: Option<String>,
    /// The method that called it: the program's, as a rule.
    pub caller: Option<String>,
}

impl WaitEntry {
    /// What a thread waits for.
    pub fn new(stack: &ThreadStack, wait: &Wait) -> WaitEntry {
        let method = |frame: Option<usize>| stack.frames.get(frame?)?.method.clone();
        let object = wait.object.as_ref();
        let kind = wait.lock.map(|lock| lock.kind);
        WaitEntry {
            kind: wait.kind.name(),
            object: object.map(|object| object.address.into()),
            name: object.map(|object| object.name.clone()),
            handle: object.and_then(|object| object.handle).map(Address),
            async_method: object.and_then(|object| object.async_method.clone()),
            exact: object.is_some_and(|object| object.exact),
            lock: kind.map(|kind| match kind {
                LockKind::SyncBlock(_) => "sync-block",
                LockKind::Thin => "header",
                LockKind::Object => "object",
            }),
            sync_block: match kind {
                Some(LockKind::SyncBlock(index)) => Some(index),
                _ => None,
            },
            owner_os_id: wait.lock.and_then(|lock| lock.owner_os_id),
            waiters: wait.lock.map(|lock| lock.waiters),
            method: method(Some(wait.frame)),
            caller: method(wait.caller),
        }
    }

    /// What the thread of an index waits for.
    pub fn of(waiting: &Waiting, thread: usize) -> Option<WaitEntry> {
        let wait = waiting.waits.get(thread)?.as_ref()?;
        Some(WaitEntry::new(waiting.stacks.get(thread)?, wait))
    }

    /// In a few words: `lock 00007f2e3640b3a8 Cases.Account, held by 0x10c`.
    pub(crate) fn text(&self, style: &Style) -> String {
        let mut line = match self.kind {
            "work" => return "nothing to do".to_owned(),
            "sleep" => return "sleeps".to_owned(),
            "io" => return "input or output".to_owned(),
            "wait-handle" => "handle".to_owned(),
            "thread" => "end of thread".to_owned(),
            kind => kind.to_owned(),
        };
        if let Some(object) = self.object {
            line.push_str(&format!(" {}", style.address(object.into())));
        }
        match (&self.async_method, &self.name) {
            (Some(method), _) => {
                line.push_str(&format!(" {} (sync over async)", Escaped(method)));
            }
            (None, Some(name)) => line.push_str(&format!(" {}", Escaped(name))),
            (None, None) => {}
        }
        if let Some(handle) = self.handle {
            line.push_str(&format!(" (handle {:#x})", handle.0));
        }
        if let Some(owner) = self.owner_os_id {
            line.push_str(&format!(", held by {owner:#x}"));
        }
        line
    }
}
