//! Method tables: what the runtime knows of a type at every object's first word.
//! dotnet/runtime, src/coreclr/vm/methodtable.h.

use clrscope_memory::{AddressSpace, PointerWidth, VirtAddr};

use crate::layout::{Globals, Layout, MissingField};
use crate::pointer_form::PointerForm;

/// The words at the start of a method table, which no CLR has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodTableHeader {
    /// The flags; the low half is the component size if [`MethodTableHeader::HAS_COMPONENT_SIZE`].
    pub flags: u32,
    /// Bytes of an instance without components, the header before the object and its first word
    /// among them.
    pub base_size: u32,
}

impl MethodTableHeader {
    /// Instances have components: strings and arrays.
    pub const HAS_COMPONENT_SIZE: u32 = 0x8000_0000;
    /// Instances hold references: there is a GC description before the method table.
    pub const CONTAINS_POINTERS: u32 = 0x0100_0000;
    /// Instances have a finalizer.
    pub const HAS_FINALIZER: u32 = 0x0010_0000;
    /// Which generic form the type has; only without components.
    pub const GENERICS_MASK: u32 = 0x0000_0030;
    /// The flags of the Free object's method table: components of one byte and nothing else.
    const FREE_FLAGS: u32 = 0x8000_0001;

    /// Bytes of each component; zero if there are none.
    pub const fn component_size(self) -> u32 {
        if self.flags & Self::HAS_COMPONENT_SIZE != 0 { self.flags & 0xffff } else { 0 }
    }

    /// Whether instances hold references.
    pub const fn contains_pointers(self) -> bool {
        self.flags & Self::CONTAINS_POINTERS != 0
    }

    /// Whether it is an array's, of any rank.
    pub const fn is_array(self) -> bool {
        self.flags & 0x000c_0000 == 0x0008_0000
    }

    /// Whether it is an interface's.
    pub const fn is_interface(self) -> bool {
        self.flags & 0x800c_0000 == 0x000c_0000 && self.base_size == 0
    }

    /// Whether it is of a generic type, an instantiation or the open type itself.
    pub const fn is_generic(self) -> bool {
        self.flags & Self::HAS_COMPONENT_SIZE == 0 && self.flags & Self::GENERICS_MASK != 0
    }
}

/// Reads method tables of one runtime.
#[derive(Debug, Clone)]
pub struct MethodTableReader<'data> {
    space: AddressSpace<'data>,
    pointer: u64,
    form: PointerForm,
    parent: u64,
    module: u64,
    module_is_loader: bool,
    class: u64,
    per_inst_info: u64,
    class_method_table: u64,
    collectible: u32,
    free: Option<VirtAddr>,
    wide_token: bool,
}

impl<'data> MethodTableReader<'data> {
    /// A reader for a runtime.
    ///
    /// # Errors
    /// If the layout does not know a field of method tables.
    pub fn new(
        space: &AddressSpace<'data>,
        layout: &Layout,
        globals: &Globals,
    ) -> Result<MethodTableReader<'data>, MissingField> {
        let own_module = layout.offset("MethodTable", "Module");
        let module = match own_module {
            Some(module) => module,
            None => layout.require("MethodTable", "LoaderModule")?,
        };
        Ok(MethodTableReader {
            pointer: space.target().pointer_bytes(),
            space: space.clone(),
            form: PointerForm::of(globals),
            parent: layout.require("MethodTable", "ParentMethodTable")?,
            module,
            module_is_loader: own_module.is_none(),
            class: layout.require("MethodTable", "EEClassOrCanonMT")?,
            per_inst_info: layout.require("MethodTable", "PerInstInfo")?,
            class_method_table: layout.require("EEClass", "MethodTable")?,
            collectible: globals.number("MethodTableFlagCollectible").unwrap_or(0) as u32,
            free: globals.address("FreeObjectMethodTable").and_then(|at| space.follow(at)),
            wide_token: own_module.is_some(),
        })
    }

    /// The first words of a method table.
    pub fn header(&self, method_table: VirtAddr) -> Option<MethodTableHeader> {
        let words: [u8; 8] = self.space.read_array(method_table)?;
        let word = u64::from_le_bytes(words);
        Some(MethodTableHeader { flags: word as u32, base_size: (word >> 32) as u32 })
    }

    /// Whether it is the method table of the runtime's Free objects, which fill the gaps between
    /// others. It can be told by its shape alone: components of one byte, a base size of three
    /// pointers, no class.
    pub fn is_free(&self, method_table: VirtAddr) -> bool {
        match self.free {
            Some(free) => free == method_table,
            None => self.has_free_shape(method_table),
        }
    }

    fn has_free_shape(&self, method_table: VirtAddr) -> bool {
        let header = self.header(method_table);
        header.is_some_and(|header| {
            header.flags == MethodTableHeader::FREE_FLAGS
                && u64::from(header.base_size) == 3 * self.pointer
        }) && self.space.read_pointer(method_table.wrapping_add(self.class)) == Some(VirtAddr::NULL)
    }

    /// Whether there is a method table: its sizes are possible, and its class knows it. If the class
    /// is not in the capture, the sizes decide.
    pub fn is_valid(&self, method_table: VirtAddr) -> bool {
        if method_table.is_null() || !method_table.is_aligned(4) {
            return false;
        }
        let Some(header) = self.header(method_table) else { return false };
        let base = u64::from(header.base_size);
        if base < 2 * self.pointer || base > u64::from(u32::MAX / 2) {
            return false;
        }
        if self.free.is_some_and(|free| free == method_table) || self.has_free_shape(method_table) {
            return true;
        }
        self.is_known_to_its_class(method_table, base)
    }

    /// Whether there is the method table of an interface. No object has one, and so it has no size.
    pub fn is_interface(&self, method_table: VirtAddr) -> bool {
        !method_table.is_null()
            && method_table.is_aligned(4)
            && self.header(method_table).is_some_and(|header| header.is_interface())
            && self.is_known_to_its_class(method_table, 0)
    }

    fn is_known_to_its_class(&self, method_table: VirtAddr, base: u64) -> bool {
        let Some(canonical) = self.canonical(method_table) else { return false };
        let Some(class) = self.read(canonical, self.class) else {
            return canonical != method_table
                && canonical.is_aligned(self.pointer)
                && canonical.0 >= LOWEST_ADDRESS
                && base < MAX_PLAUSIBLE_SIZE;
        };
        if class.0 & 3 != 0 || class.is_null() {
            return false;
        }
        match self.form.read(&self.space, class.wrapping_add(self.class_method_table)) {
            Some(back) => back == canonical,
            None => self.space.contains(class) || base < MAX_PLAUSIBLE_SIZE,
        }
    }

    /// The method table that shares its code: itself but for instantiations of generic types over
    /// references, and arrays of references.
    pub fn canonical(&self, method_table: VirtAddr) -> Option<VirtAddr> {
        // The low bits are a tag. Up to .NET Core 3.1: 0 the class, 2 the canonical method table,
        // 3 a cell that holds it. Later: 1 the canonical method table.
        let value = self.read(method_table, self.class)?;
        let canonical = match value.0 & 3 {
            0 => method_table,
            1 => VirtAddr(value.0 - 1),
            2 => VirtAddr(value.0 - 2),
            _ => self.space.read_pointer(VirtAddr(value.0 - 3))?,
        };
        (!canonical.is_null()).then_some(canonical)
    }

    /// The `EEClass`: what is used less often of a type.
    pub fn class(&self, method_table: VirtAddr) -> Option<VirtAddr> {
        let class = self.read(self.canonical(method_table)?, self.class)?;
        (class.0 & 3 == 0 && !class.is_null()).then_some(class)
    }

    /// The base type's method table; `None` for `System.Object` and interfaces.
    pub fn parent(&self, method_table: VirtAddr) -> Option<VirtAddr> {
        let parent = self.read(method_table, self.parent)?;
        let indirect = self.header(method_table)?.flags & HAS_INDIRECT_PARENT != 0;
        let parent = if indirect && self.module_is_loader {
            self.space.read_pointer(parent)?
        } else {
            parent
        };
        (!parent.is_null()).then_some(parent)
    }

    /// The word where instantiations keep the place of their dictionaries, and arrays the handle of
    /// their element type.
    pub fn per_inst_info(&self, method_table: VirtAddr) -> Option<VirtAddr> {
        self.read(method_table, self.per_inst_info).filter(|value| !value.is_null())
    }

    /// The type handle of an array's elements.
    pub fn element_type(&self, method_table: VirtAddr) -> Option<VirtAddr> {
        self.header(method_table)?.is_array().then(|| self.per_inst_info(method_table))?
    }

    /// Dimensions of an array; 0 for the ordinary kind, which has no bounds of its own.
    pub fn bounds_rank(&self, header: MethodTableHeader) -> u32 {
        (u64::from(header.base_size).saturating_sub(3 * self.pointer) / 8) as u32
    }

    /// The word that holds the module: the declaring module from .NET 9 on, before that the module
    /// that the type was loaded for ([`MethodTableReader::module_is_loader`]).
    pub fn module_word(&self, method_table: VirtAddr) -> Option<VirtAddr> {
        self.form.follow(&self.space, method_table.wrapping_add(self.module))
    }

    /// Whether [`MethodTableReader::module_word`] is the loader module, which differs from the
    /// declaring one for instantiations.
    pub fn module_is_loader(&self) -> bool {
        self.module_is_loader
    }

    /// The row of the type in its module's table of type definitions; 0 if the runtime gives none.
    pub fn type_row(&self, method_table: VirtAddr) -> Option<u32> {
        if self.wide_token {
            Some(self.space.read_u32(method_table.wrapping_add(8))? >> 8)
        } else {
            self.space.read_u16(method_table.wrapping_add(10)).map(u32::from)
        }
    }

    /// Whether the type can be unloaded.
    pub fn is_collectible(&self, header: MethodTableHeader) -> bool {
        header.flags & self.collectible != 0
    }

    /// Width of the target's pointers.
    pub fn pointer_width(&self) -> PointerWidth {
        self.space.target().pointer
    }

    /// The memory that this reads.
    pub fn space(&self) -> &AddressSpace<'data> {
        &self.space
    }

    fn read(&self, at: VirtAddr, offset: u64) -> Option<VirtAddr> {
        self.space.read_pointer(at.wrapping_add(offset))
    }
}

/// `enum_flag_HasIndirectParent`, up to .NET Core 3.1.
const HAS_INDIRECT_PARENT: u32 = 0x0080_0000;
/// No process has memory below.
const LOWEST_ADDRESS: u64 = 0x1_0000;
/// Instances above this size are not believed of a method table whose class is absent.
const MAX_PLAUSIBLE_SIZE: u64 = 64 * 1024 * 1024;
