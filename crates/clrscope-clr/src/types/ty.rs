//! A type.

use std::fmt;
use std::sync::Arc;

use clrscope_image::Token;
use clrscope_image::rows::TypeDef;
use clrscope_memory::{VirtAddr, limits};

use super::category::TypeCategory;
use super::element_type::ElementType;
use super::field::{Field, FieldKind};
use super::handle::Handle;
use super::name::{NameStyle, TypeName};
use super::store::Types;
use super::type_data::{Kept, TypeData};
use crate::method_table::MethodTableHeader;
use crate::modules::Module;

/// The shape of an array type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArrayShape {
    /// Number of dimensions.
    pub rank: u32,
    /// Whether instances keep lengths and lower bounds of their dimensions.
    pub has_bounds: bool,
    /// Handle of the type of the elements: a method table, or one tagged with 2 for a type without.
    pub element: VirtAddr,
}

/// A type of a runtime. Cloning is cheap.
#[derive(Clone)]
pub struct Type<'a, 'data> {
    pub(super) types: &'a Types<'data>,
    data: Arc<TypeData>,
}

impl<'data> Types<'data> {
    /// The type of a method table. `None` if there is no method table.
    pub fn get(&self, method_table: VirtAddr) -> Option<Type<'_, 'data>> {
        let data = self.types.get_or(method_table, || {
            let is_type = self.reader.is_type(method_table);
            let read = || TypeData::read(&self.reader, method_table, self.name(method_table));
            is_type.then(read)?.map(Arc::new)
        })?;
        Some(Type { types: self, data })
    }
}

impl<'a, 'data> Type<'a, 'data> {
    /// The types that it is one of.
    pub fn types(&self) -> &'a Types<'data> {
        self.types
    }

    /// Address of its method table.
    pub fn method_table(&self) -> VirtAddr {
        self.data.table
    }

    /// Address of its `EEClass`, shared by instantiations over references.
    pub fn class(&self) -> Option<VirtAddr> {
        self.types.reader.tables.class(self.data.table)
    }

    /// The method table that owns what instantiations over references share.
    pub fn canonical_method_table(&self) -> Option<VirtAddr> {
        self.types.reader.tables.canonical(self.data.table)
    }

    /// The first words of its method table.
    pub fn header(&self) -> MethodTableHeader {
        self.data.header
    }

    /// What sort of type it is.
    pub fn category(&self) -> TypeCategory {
        self.data.category
    }

    /// Its name as C# writes it.
    pub fn name(&self) -> &str {
        &self.data.text
    }

    /// Its name in a style.
    pub fn name_in(&self, style: NameStyle) -> String {
        self.data.name.to_string_in(style)
    }

    /// Its name, taken apart.
    pub fn type_name(&self) -> &TypeName {
        &self.data.name
    }

    /// Its token in the module that declares it; `None` for arrays, which none declares.
    pub fn token(&self) -> Option<Token> {
        self.data.token
    }

    /// The module that declares it; of an array, the one that declares the elements' type.
    pub fn module(&self) -> Option<Arc<Module<'data>>> {
        self.types.modules().at(self.data.module?)
    }

    /// Address of the managed `AssemblyLoadContext` that loaded it, if that is known
    /// ([`Module::load_context`]); its name is in [`Runtime::load_contexts`](crate::Runtime::load_contexts).
    pub fn load_context(&self) -> Option<VirtAddr> {
        self.module()?.load_context()
    }

    /// `TypeAttributes`, ECMA-335 II.23.1.15.
    pub fn attributes(&self) -> Option<u32> {
        let module = self.module()?;
        let row: TypeDef = module.metadata()?.row_of(self.data.token?)?;
        Some(row.flags)
    }

    /// Bytes of an instance without components: the header before it and the method table pointer
    /// among them.
    pub fn base_size(&self) -> u32 {
        self.data.header.base_size
    }

    /// Bytes of each component of an array or string; zero if there are none.
    pub fn component_size(&self) -> u32 {
        self.data.header.component_size()
    }

    /// Bytes that the fields of an instance take; of a value type, what a value takes in a field or an
    /// array.
    pub fn field_bytes(&self) -> Option<u64> {
        self.types.reader.field_bytes(self.data.table)
    }

    /// Whether instances have a finalizer.
    pub fn has_finalizer(&self) -> bool {
        self.data.header.flags & MethodTableHeader::HAS_FINALIZER != 0
    }

    /// Whether it can be unloaded.
    pub fn is_collectible(&self) -> bool {
        self.types.reader.tables.is_collectible(self.data.header)
    }

    /// Whether it is an enum.
    pub fn is_enum(&self) -> bool {
        self.data.category == TypeCategory::PrimitiveValueType
            && self.types.is_enum(self.data.table)
    }

    /// Whether it is `System.String`.
    pub fn is_string(&self) -> bool {
        self.types.core_type("System", "String") == Some(self.data.table)
    }

    /// Whether it is an exception.
    pub fn is_exception(&self) -> bool {
        self.derives_from("Exception")
    }

    /// Whether it is a delegate, and not one of the abstract classes that all delegates derive from.
    pub fn is_delegate(&self) -> bool {
        let multicast = self.types.core_type("System", "MulticastDelegate");
        multicast.is_some() && self.types.reader.tables.parent(self.data.table) == multicast
    }

    /// Whether it is `System.Threading.Tasks.Task` or derives from it.
    pub fn is_task(&self) -> bool {
        *self.data.kept.is_task.get_or_init(|| {
            self.ancestry().any(|table| self.types.name(table).is("System.Threading.Tasks.Task"))
        })
    }

    /// Whether it is the runtime's own type of free space.
    pub fn is_free(&self) -> bool {
        self.types.reader.tables.is_free(self.data.table)
    }

    /// Whether it is constructed from parameters of generic types or methods, its own or others: such a
    /// type has no instances and no statics.
    pub fn is_open(&self) -> bool {
        self.types.reader.is_open(self.data.header)
    }

    fn derives_from(&self, name: &'static str) -> bool {
        let Some(ancestor) = self.types.core_type("System", name) else { return false };
        self.ancestry().any(|table| table == ancestor)
    }

    /// What was found out about it.
    pub(crate) fn kept(&self) -> &Kept {
        &self.data.kept
    }

    /// Its method table and those of its base types, outwards.
    fn ancestry(&self) -> impl Iterator<Item = VirtAddr> {
        let tables = &self.types.reader.tables;
        let first = Some(self.data.table);
        std::iter::successors(first, |&table| tables.parent(table)).take(limits::MAX_DEPTH)
    }

    /// The type that it derives from.
    pub fn base(&self) -> Option<Type<'a, 'data>> {
        self.types.get(self.types.reader.tables.parent(self.data.table)?)
    }

    /// Method tables of all interfaces that it implements.
    pub fn interfaces(&self) -> Vec<VirtAddr> {
        self.types.reader.interfaces(self.data.table)
    }

    /// Handles of its generic arguments, those of the types around it included.
    pub fn generic_arguments(&self) -> Vec<VirtAddr> {
        self.types.reader.generic_arguments(self.data.table).unwrap_or_default()
    }

    /// The shape of an array type.
    pub fn array(&self) -> Option<ArrayShape> {
        let element = self.types.reader.tables.element_type(self.data.table)?;
        let bounds = self.types.reader.tables.bounds_rank(self.data.header);
        Some(ArrayShape { rank: bounds.max(1), has_bounds: bounds > 0, element })
    }

    /// The type of an array's elements, if it has a method table.
    pub fn element(&self) -> Option<Type<'a, 'data>> {
        self.types.get(Handle::table(&self.types.reader, self.array()?.element)?)
    }

    /// What a value of it is: of an enum, the primitive type that it is made of.
    pub fn element_type(&self) -> Option<ElementType> {
        self.types.category_element(self.data.table)
    }

    /// The fields that it declares itself: instance fields, statics, constants.
    pub fn own_fields(&self) -> &[Field] {
        self.data.own_fields.get_or_init(|| self.types.read_fields(self.data.table))
    }

    /// Its instance fields, those of base types first.
    pub fn fields(&self) -> &[Field] {
        self.data.instance_fields.get_or_init(|| {
            let chain: Vec<VirtAddr> = self.ancestry().collect();
            let types = chain.into_iter().rev().filter_map(|table| self.types.get(table));
            let mut fields = Vec::new();
            for ty in types {
                let own = ty.own_fields().iter();
                fields.extend(own.filter(|field| field.kind == FieldKind::Instance).cloned());
            }
            fields
        })
    }

    /// The instance field of a name; of several, the one of the most derived type. Where no field has
    /// the name, the backing field of the property that has it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let fields = || self.fields().iter().rev();
        fields()
            .find(|field| field.name() == name)
            .or_else(|| fields().find(|field| field.display_name() == name))
    }

    /// The statics that it declares itself, without constants.
    pub fn statics(&self) -> impl Iterator<Item = &Field> {
        self.own_fields()
            .iter()
            .filter(|field| !matches!(field.kind, FieldKind::Instance | FieldKind::Literal))
    }

    /// The static field or constant of a name.
    pub fn static_field(&self, name: &str) -> Option<&Field> {
        let fields = || self.own_fields().iter().filter(|field| field.kind != FieldKind::Instance);
        fields()
            .find(|field| field.name() == name)
            .or_else(|| fields().find(|field| field.display_name() == name))
    }

    /// Address of the value of a static field: of one that holds references or structs, of its slot,
    /// where a struct is a reference to a boxed value; of one with a first value in the image, there.
    /// `None` for thread statics and constants, if the statics of the type were never made, and for
    /// collectible types up to .NET 8.
    pub fn static_address(&self, field: &Field) -> Option<VirtAddr> {
        match field.kind {
            FieldKind::Static => self.types.reader.static_slot(self.data.table, field),
            FieldKind::Rva => {
                let module = self.module()?;
                let rva = module.metadata()?.field_rva(field.token.rid())?;
                self.types.modules().image_address(&module, rva)
            }
            _ => None,
        }
    }

    /// Address of a thread static of the thread whose runtime structure is at `thread`. `None` if the
    /// thread has not used the statics of the type, and (up to .NET 8) for those of generic types that
    /// can be unloaded.
    pub fn thread_static_address(&self, field: &Field, thread: VirtAddr) -> Option<VirtAddr> {
        self.types.reader.thread_static_slot(self.data.table, field, thread)
    }
}

impl fmt::Debug for Type<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Type")
            .field("name", &self.data.text)
            .field("method_table", &self.data.table)
            .finish_non_exhaustive()
    }
}
