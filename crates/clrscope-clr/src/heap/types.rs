//! The types of a heap's objects, each under a dense number.

use std::sync::RwLock;

use clrscope_memory::{VirtAddr, limits};
use rustc_hash::FxHashMap;

use super::Heap;
use crate::gc_desc::GcDesc;
use crate::method_table::MethodTableHeader;

/// A type that has objects on the heap: an index into everything that is kept for each type. The
/// numbers follow the addresses of the method tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

impl TypeId {
    /// The number as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What the walk needs of a type: numbers only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodTableInfo {
    /// Address of the method table.
    pub address: VirtAddr,
    /// Its flags.
    pub flags: u32,
    /// Bytes of an instance without components.
    pub base_size: u32,
    /// Bytes of a component; zero if there are none.
    pub component_size: u32,
    /// Whether its instances are the gaps between objects.
    pub is_free: bool,
    /// Where the references of its instances are.
    pub gc_desc: GcDesc,
    /// The object that keeps a type that can be unloaded: each instance refers to it, in no field.
    pub loader_allocator: Option<VirtAddr>,
}

impl MethodTableInfo {
    /// Raw size in bytes of an instance with this many components.
    #[inline]
    pub fn size_of(&self, components: u32) -> u64 {
        u64::from(self.base_size) + u64::from(self.component_size) * u64::from(components)
    }

    /// The header that these numbers came from.
    pub fn header(&self) -> MethodTableHeader {
        MethodTableHeader { flags: self.flags, base_size: self.base_size }
    }
}

/// How many objects a type has, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TypeStats {
    /// Objects.
    pub count: u64,
    /// Sum of their raw sizes in bytes.
    pub bytes: u64,
}

/// All types of the objects of a heap.
#[derive(Debug, Clone, Default)]
pub struct TypeTable {
    types: Vec<MethodTableInfo>,
    by_address: FxHashMap<VirtAddr, u32>,
}

impl TypeTable {
    /// A table of types in order of address.
    pub(super) fn new(mut types: Vec<MethodTableInfo>) -> TypeTable {
        types.sort_by_key(|info| info.address);
        let by_address = types.iter().zip(0..).map(|(info, index)| (info.address, index)).collect();
        TypeTable { types, by_address }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// What is known of a type.
    pub fn get(&self, id: TypeId) -> Option<&MethodTableInfo> {
        self.types.get(id.index())
    }

    /// The type with this method table.
    pub fn id(&self, method_table: VirtAddr) -> Option<TypeId> {
        self.by_address.get(&method_table).copied().map(TypeId)
    }

    /// All types in order of number.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &MethodTableInfo)> {
        (0..).map(TypeId).zip(&self.types)
    }
}

impl std::ops::Index<TypeId> for TypeTable {
    type Output = MethodTableInfo;

    fn index(&self, id: TypeId) -> &MethodTableInfo {
        &self.types[id.index()]
    }
}

/// What an object's size follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shape {
    pub(super) base_size: u32,
    pub(super) component_size: u32,
    pub(super) id: u32,
}

/// Gives the shape of the objects with a method table; `None` if it is none.
pub(super) trait Resolve: Sync {
    fn resolve(&self, method_table: VirtAddr) -> Option<Shape>;
}

impl Resolve for TypeTable {
    fn resolve(&self, method_table: VirtAddr) -> Option<Shape> {
        let id = self.id(method_table)?;
        let info = self.get(id)?;
        Some(Shape { base_size: info.base_size, component_size: info.component_size, id: id.0 })
    }
}

/// Types as a first walk meets them. Several walks share it; the numbers depend on who is first, and
/// are given anew when all are done.
pub(super) struct Interner<'a, 'data> {
    heap: &'a Heap<'data>,
    known: RwLock<FxHashMap<VirtAddr, Shape>>,
}

impl<'a, 'data> Interner<'a, 'data> {
    pub(super) fn new(heap: &'a Heap<'data>) -> Interner<'a, 'data> {
        Interner { heap, known: RwLock::default() }
    }

    /// The method tables that were met, with the numbers they were given.
    pub(super) fn into_known(self) -> Vec<(VirtAddr, Shape)> {
        let known = self.known.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.into_iter().collect()
    }
}

impl Resolve for Interner<'_, '_> {
    #[cold]
    fn resolve(&self, method_table: VirtAddr) -> Option<Shape> {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(shape) = known.get(&method_table) {
            return Some(*shape);
        }
        drop(known);
        let reader = self.heap.method_tables();
        // What is in an object can look like a method table: a field that refers to it would then
        // look like an object.
        if self.heap.segment_at(method_table).is_some() || !reader.is_valid(method_table) {
            return None;
        }
        let header = reader.header(method_table)?;
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= limits::MAX_TYPES {
            return None;
        }
        let shape = Shape {
            base_size: header.base_size,
            component_size: header.component_size(),
            id: known.len() as u32,
        };
        Some(*known.entry(method_table).or_insert(shape))
    }
}
