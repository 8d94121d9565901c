//! Types of a runtime: names, shape, fields, statics.
//!
//! A type is its method table. What is known of it is read when it is first asked for, once, and kept.

mod cache;
mod category;
mod class;
mod constant;
mod element_type;
mod field;
mod field_desc;
mod field_reader;
mod handle;
mod instantiations;
mod literals;
mod lookup;
mod method_table;
mod methods;
mod name;
mod naming;
mod offsets;
mod resolve;
mod statics;
mod store;
mod thread_statics;
mod ty;
mod type_data;

pub use self::category::TypeCategory;
pub use self::constant::{Constant, EnumInfo, EnumMember};
pub use self::element_type::ElementType;
pub use self::field::{Field, FieldKind};
pub use self::lookup::NamePattern;
pub use self::methods::Method;
pub use self::name::{NameStyle, TypeName};
pub use self::store::Types;
pub use self::ty::{ArrayShape, Type};
