//! Offsets that reading a type needs beside those of a method table itself, looked up once.

use crate::layout::{Globals, Layout};
use crate::pointer_form::PointerForm;

/// Where an `EEClass` has the numbers of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountsPlace {
    /// In 16-bit fields (.NET 9 and later).
    Fields { instance: u64, statics: u64 },
    /// In a block behind the fixed part, of eleven 32-bit numbers, or packed (up to .NET 8).
    Block { packed: u64, fixed_size: u64 },
}

/// Offsets in the structures of types.
#[derive(Debug, Clone)]
pub(super) struct TypeOffsets {
    pub(super) pointer: u64,
    pub(super) form: PointerForm,
    pub(super) num_virtuals: u64,
    pub(super) num_interfaces: u64,
    pub(super) auxiliary: Option<u64>,
    pub(super) per_inst_info: u64,
    pub(super) interface_map: u64,
    pub(super) vtable: u64,
    pub(super) field_list: Option<u64>,
    pub(super) norm_type: Option<u64>,
    pub(super) counts: Option<CountsPlace>,
    pub(super) base_padding: Option<u64>,
    pub(super) statics: StaticOffsets,
    pub(super) thread_statics: ThreadStaticOffsets,
    pub(super) type_arg: u64,
    pub(super) type_var_token: Option<u64>,
    pub(super) type_var_module: Option<u64>,
    pub(super) function_arguments: Option<u64>,
    pub(super) function_types: Option<u64>,
}

/// Offsets that statics need.
#[derive(Debug, Clone)]
pub(super) struct StaticOffsets {
    pub(super) domain_local_module: Option<u64>,
    pub(super) dynamic_statics_size: Option<u64>,
    /// Of the pointer to what few classes have, in the class (up to .NET 8).
    pub(super) optional_fields: Option<u64>,
    /// Of the number of the entry of statics, in that.
    pub(super) dynamic_id: Option<u64>,
}

/// Offsets that thread statics need.
#[derive(Debug, Clone)]
pub(super) struct ThreadStaticOffsets {
    /// Of the `ThreadLocalBlock`, or the pointer to it, in a thread (up to .NET 8).
    pub(super) block: Option<u64>,
    pub(super) block_is_pointer: bool,
    /// Of the pointer to the `ThreadLocalData` in a thread (.NET 9 and later).
    pub(super) data: Option<u64>,
    /// Bytes before the auxiliary data of a type where its indexes are.
    pub(super) info_size: u64,
    pub(super) array: u64,
    pub(super) collectible_array: u64,
}

impl TypeOffsets {
    /// Looks all offsets up; those that no layer knows have the value of all versions measured, or
    /// make what they lead to unknown.
    pub(super) fn new(pointer: u64, layout: &Layout, globals: &Globals) -> TypeOffsets {
        let table = |field: &str| layout.offset("MethodTable", field);
        let class = |field: &str| layout.offset("EEClass", field);
        let data = |field: &str| layout.offset("ThreadLocalData", field);
        let counts = match (class("NumInstanceFields"), class("FixedEEClassFields")) {
            (Some(instance), _) => {
                class("NumStaticFields").map(|statics| CountsPlace::Fields { instance, statics })
            }
            (None, Some(fixed_size)) => {
                class("FieldsArePacked").map(|packed| CountsPlace::Block { packed, fixed_size })
            }
            (None, None) => None,
        };
        // One byte, right behind the size of the fixed part (up to .NET 8) or the element type.
        let base_padding = match counts {
            Some(CountsPlace::Block { fixed_size, .. }) => Some(fixed_size + 1),
            Some(CountsPlace::Fields { .. }) => class("InternalCorElementType").map(|at| at + 1),
            None => None,
        };
        let per_inst_info = table("PerInstInfo").unwrap_or(6 * pointer);
        TypeOffsets {
            pointer,
            form: PointerForm::of(globals),
            num_virtuals: table("NumVirtuals").unwrap_or(12),
            num_interfaces: table("NumInterfaces").unwrap_or(14),
            auxiliary: table("AuxiliaryData"),
            per_inst_info,
            interface_map: table("InterfaceMap").unwrap_or(per_inst_info + pointer),
            vtable: table("VtableIndirections").unwrap_or(per_inst_info + 2 * pointer),
            field_list: class("FieldDescList"),
            norm_type: class("InternalCorElementType"),
            counts,
            base_padding,
            statics: StaticOffsets {
                domain_local_module: layout.offset("Module", "DomainLocalModule"),
                optional_fields: class("OptionalFields"),
                dynamic_id: layout.offset("EEClassOptionalFields", "ModuleDynamicID"),
                dynamic_statics_size: layout
                    .size("DynamicStaticsInfo")
                    .or_else(|| table("AuxiliaryData").map(|_| 3 * pointer)),
            },
            thread_statics: ThreadStaticOffsets {
                block: layout.offset("Thread", "ThreadLocalBlock"),
                block_is_pointer: globals.number("ThreadLocalBlockIsPointer") == Some(1),
                data: layout.offset("Thread", "ThreadLocalDataPtr"),
                info_size: layout.size("ThreadStaticsInfo").unwrap_or(5 * pointer),
                array: data("NonCollectibleTlsArrayData").unwrap_or(8),
                collectible_array: data("CollectibleTlsArrayData").unwrap_or(8 + pointer),
            },
            type_arg: layout.offset("ParamTypeDesc", "TypeArg").unwrap_or(2 * pointer),
            type_var_token: layout.offset("TypeVarTypeDesc", "Token"),
            type_var_module: layout.offset("TypeVarTypeDesc", "Module"),
            function_arguments: layout.offset("FnPtrTypeDesc", "NumArgs"),
            function_types: layout.offset("FnPtrTypeDesc", "RetAndArgTypes"),
        }
    }
}
