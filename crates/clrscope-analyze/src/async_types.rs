//! Tasks and async methods by type.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clrscope_clr::{NameStyle, TypeId, Types};
use clrscope_memory::VirtAddr;

use crate::async_objects::AsyncObjects;
use crate::async_stacks::AsyncSelection;
use crate::task_chain::{async_method, machine_type};

/// The tasks or async methods of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncTypeCount {
    /// Its method table.
    pub method_table: VirtAddr,
    /// Its name.
    pub name: String,
    /// The async method that it keeps running.
    pub method: Option<String>,
    /// How many there are.
    pub count: u64,
    /// Bytes that they take themselves.
    pub bytes: u64,
    /// Of an async method: how many wait in which `await`; -1 are running.
    pub awaits: BTreeMap<i32, u64>,
}

impl AsyncObjects {
    /// Counts those that are wanted by type: the most numerous first, ties by name.
    pub fn by_type(
        &self,
        types: &Types<'_>,
        selection: &AsyncSelection,
        style: NameStyle,
    ) -> Vec<AsyncTypeCount> {
        let mut counts: BTreeMap<TypeId, AsyncTypeCount> = BTreeMap::new();
        for one in &self.found {
            let is_wanted = (selection.tasks || one.is_state_machine)
                && selection.address.is_none_or(|address| one.object.address == address);
            if !is_wanted {
                continue;
            }
            let count = counts.entry(one.object.ty).or_insert_with(|| {
                let object = types.object(one.object.address).ok();
                let machine = object.as_ref().and_then(|object| object.state_machine());
                let machine = machine.as_ref().and_then(machine_type);
                AsyncTypeCount {
                    method_table: object.as_ref().map_or(VirtAddr(0), |o| o.ty().method_table()),
                    name: object.map(|object| object.ty().name_in(style)).unwrap_or_default(),
                    method: machine.map(|machine| async_method(&machine)),
                    count: 0,
                    bytes: 0,
                    awaits: BTreeMap::new(),
                }
            });
            count.count += 1;
            count.bytes += one.object.size;
            if let Some(number) = one.await_number {
                *count.awaits.entry(number).or_default() += 1;
            }
        }
        let mut counts: Vec<AsyncTypeCount> = counts.into_values().collect();
        counts.retain(|count| {
            selection.method_table.is_none_or(|table| count.method_table == table)
                && selection.names(&count.name, count.method.as_deref())
        });
        counts.sort_by(|a, b| (Reverse(a.count), &a.name).cmp(&(Reverse(b.count), &b.name)));
        counts
    }
}
