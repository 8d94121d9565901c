//! Handles of the operating system.

use super::{MinidumpBuilder, stream};
use crate::bytes::Bytes;

/// A handle (`MINIDUMP_HANDLE_DESCRIPTOR_2`).
#[derive(Debug, Clone, Default)]
pub struct HandleSpec {
    /// Its value.
    pub handle: u64,
    /// The kind of its object: `Event`.
    pub type_name: Option<String>,
    /// The name of its object.
    pub object_name: Option<String>,
    /// Attributes.
    pub attributes: u32,
    /// Rights.
    pub access: u32,
    /// Handles to the object.
    pub handle_count: u32,
    /// Pointers to the object.
    pub pointer_count: u32,
    /// Further information on the object: kind and bytes. Only in the second form.
    pub information: Vec<(u32, Vec<u8>)>,
}

impl MinidumpBuilder {
    /// Adds the handles, in the first form (32 bytes) or the second (40 bytes).
    pub fn handles(&mut self, handles: &[HandleSpec], second_form: bool) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(16).u32(if second_form { 40 } else { 32 }).u32(handles.len() as u32).u32(0);
        for handle in handles {
            let type_name = handle.type_name.as_ref().map_or(0, |name| self.string(name));
            let object_name = handle.object_name.as_ref().map_or(0, |name| self.string(name));
            list.u64(handle.handle).u32(type_name).u32(object_name);
            list.u32(handle.attributes).u32(handle.access);
            list.u32(handle.handle_count).u32(handle.pointer_count);
            if second_form {
                // Each record points to the next, so the last is written first.
                let mut next = 0;
                for (kind, contents) in handle.information.iter().rev() {
                    let mut record = Bytes::new();
                    record.u32(next).u32(*kind).u32(contents.len() as u32).raw(contents);
                    next = self.append(record.as_slice());
                }
                list.u32(next).u32(0);
            }
        }
        self.stream(stream::HANDLE_DATA, list.as_slice())
    }
}
