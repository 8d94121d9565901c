//! Values of static fields.

use clrscope_memory::VirtAddr;

use super::place::Value;
use crate::types::{ElementType, Field, FieldKind, Type};

impl<'a, 'data> Type<'a, 'data> {
    /// The value of a static field. `None` for thread statics and constants, and if the statics of the
    /// type were never made.
    pub fn static_value(&self, field: &Field) -> Option<Value<'a, 'data>> {
        let slot = self.static_address(field)?;
        self.in_slot(field, slot, field.kind() == FieldKind::Static)
    }

    /// The value of a thread static in the thread whose runtime structure is at `thread`; `None` if the
    /// thread has not used the statics of the type.
    pub fn thread_static_value(&self, field: &Field, thread: VirtAddr) -> Option<Value<'a, 'data>> {
        let slot = self.thread_static_address(field, thread)?;
        self.in_slot(field, slot, true)
    }

    /// The slot of a static struct refers to a box.
    fn in_slot(&self, field: &Field, slot: VirtAddr, boxed: bool) -> Option<Value<'a, 'data>> {
        let mut address = slot;
        let mut table = field.type_table();
        if boxed && field.element_type() == ElementType::Struct {
            let space = self.types().space();
            let object = space.follow(slot)?;
            // The box knows the type exactly.
            table = self.types().object(object).ok().map(|o| o.ty().method_table()).or(table);
            address = object.wrapping_add(self.types().pointer_bytes());
        }
        Some(Value::at(self.types(), address, field.element_type(), table))
    }
}
