//! What is kept of a type.

use std::sync::{Arc, OnceLock};

use clrscope_image::{TableId, Token};
use clrscope_memory::VirtAddr;

use super::category::TypeCategory;
use super::constant::EnumInfo;
use super::field::Field;
use super::method_table::TableReader;
use super::name::{NameStyle, TypeName};
use crate::method_table::MethodTableHeader;

/// What was read of a type.
#[derive(Debug)]
pub(super) struct TypeData {
    pub(super) table: VirtAddr,
    pub(super) header: MethodTableHeader,
    pub(super) category: TypeCategory,
    pub(super) name: Arc<TypeName>,
    pub(super) text: String,
    pub(super) token: Option<Token>,
    pub(super) module: Option<VirtAddr>,
    pub(super) kept: Kept,
    /// Fields that the type declares itself.
    pub(super) own_fields: OnceLock<Vec<Field>>,
    /// Instance fields, those of base types first.
    pub(super) instance_fields: OnceLock<Vec<Field>>,
}

/// What is found out about a type when it is first asked for, beside its fields.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(super) is_task: OnceLock<bool>,
    pub(super) enum_info: OnceLock<Option<Arc<EnumInfo>>>,
    /// Its place in the table of collections.
    pub(crate) collection: OnceLock<Option<usize>>,
    /// Its place in the table of views.
    pub(crate) view: OnceLock<Option<usize>>,
}

impl TypeData {
    pub(super) fn read(
        reader: &TableReader<'_>,
        table: VirtAddr,
        name: Arc<TypeName>,
    ) -> Option<TypeData> {
        let header = reader.tables.header(table)?;
        let category = TypeCategory::of(header);
        let rid = if category.is_array() { None } else { reader.rid(table) };
        Some(TypeData {
            table,
            header,
            category,
            text: name.to_string_in(NameStyle::CSharp),
            name,
            token: rid.map(|rid| Token::new(TableId::TypeDef, rid)),
            module: reader.module(table),
            kept: Kept::default(),
            own_fields: OnceLock::new(),
            instance_fields: OnceLock::new(),
        })
    }
}
