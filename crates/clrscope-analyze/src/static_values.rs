//! Static fields with their values.

use clrscope_clr::stack::ManagedThread;
use clrscope_clr::{
    Field, FieldKind, HeapError, NameStyle, ObjectRef, Runtime, TextLimits, Type, Value,
};
use clrscope_memory::{Control, Grouped, Issues, VirtAddr};

use crate::SessionError;

/// A static field with its value.
#[derive(Debug, Clone, Copy)]
pub struct StaticValue<'a, 't, 'data> {
    /// The type that declares it.
    pub ty: &'a Type<'t, 'data>,
    /// The field.
    pub field: &'a Field,
    /// Of a thread static, the thread.
    pub thread: Option<&'a ManagedThread>,
    /// Where the runtime keeps it: of a struct, a reference to a box. `None` if the statics of the type
    /// were never made.
    pub slot: Option<VirtAddr>,
    /// Its value; `None` if it was never made.
    pub value: Option<Value<'t, 'data>>,
}

impl StaticValue<'_, '_, '_> {
    /// What a person wants to know of the value in one line; of an object that has no value of its own,
    /// its type and how many elements it has. `None` if it was never made.
    pub fn text(&self, style: NameStyle) -> Option<String> {
        let limits = TextLimits::default();
        Some(match self.value?.as_object() {
            Some(object) => object.brief(limits).unwrap_or_else(|| kind_of(&object, style)),
            None => self.value?.text(limits),
        })
    }
}

fn kind_of(object: &ObjectRef<'_, '_>, style: NameStyle) -> String {
    let name = object.ty().name_in(style);
    let array = object.as_array().map(|array| array.len().into());
    let count = || object.as_collection(0).and_then(|collection| collection.count);
    match array.or_else(count) {
        Some(1) => format!("{name} of 1 element"),
        Some(count) => format!("{name} of {} elements", Grouped(count)),
        None => name,
    }
}

/// Calls `visit` with the static fields of all loaded types whose names, in C#, `wants`; with thread
/// statics once for each thread that uses them. What was wrong is added to `issues`.
///
/// # Errors
/// If the layout does not know a field that is needed, or `control` stops it.
pub fn for_each_static<'t, 'data>(
    runtime: &'t Runtime<'data>,
    mut wants: impl FnMut(&str) -> bool,
    mut visit: impl FnMut(StaticValue<'_, 't, 'data>),
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<(), SessionError> {
    let types = runtime.types().map_err(HeapError::from)?;
    let threads = runtime.threads().map_err(HeapError::from)?.take(issues);
    for table in types.loaded() {
        control.check()?;
        let name = types.name(table).to_string_in(NameStyle::CSharp);
        // Open types and what instantiations over references share have no statics of their own.
        if name.contains("System.__Canon") || !wants(&name) {
            continue;
        }
        let Some(ty) = types.get(table).filter(|ty| !ty.is_open()) else { continue };
        for field in ty.statics() {
            if field.kind() != FieldKind::ThreadStatic {
                let (slot, value) = (ty.static_address(field), ty.static_value(field));
                visit(StaticValue { ty: &ty, field, thread: None, slot, value });
                continue;
            }
            for thread in &threads {
                if let Some(value) = ty.thread_static_value(field, thread.address) {
                    let slot = ty.thread_static_address(field, thread.address);
                    let (thread, value) = (Some(thread), Some(value));
                    visit(StaticValue { ty: &ty, field, thread, slot, value });
                }
            }
        }
    }
    Ok(())
}
