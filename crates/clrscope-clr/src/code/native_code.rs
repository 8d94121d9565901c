//! From methods to their code: the other way round than [`CodeMap::code_at`].

use std::collections::{BTreeMap, BTreeSet};

use clrscope_image::TableId;
use clrscope_memory::VirtAddr;

use super::{CodeMap, Compilation, MethodDesc, MethodKind, SectionKind};
use crate::modules::Module;
use crate::types::Type;

/// Code of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NativeCode {
    /// Where it begins.
    pub start: VirtAddr,
    /// How it came to be.
    pub compilation: Compilation,
}

/// All code by the record of its method.
pub(super) type NativeCodeIndex = BTreeMap<VirtAddr, Vec<NativeCode>>;

impl<'data> CodeMap<'data> {
    /// The record of a method at an address; `None` if none is there. It belongs to a type, and a method
    /// of that type's has its row, as far as metadata is there; generated methods and those of arrays have
    /// none.
    pub fn method_desc(&self, address: VirtAddr) -> Option<MethodDesc> {
        let method = self.methods.read(address)?;
        let types = self.runtime.types().ok()?;
        let ty = types.get(method.method_table)?;
        let is_own = match method.kind {
            MethodKind::Dynamic | MethodKind::Array => method.row == 0,
            _ => Declared::of(&ty).has(&method),
        };
        is_own.then_some(method)
    }

    /// The records of the methods that a type declares, those that instantiations over references share
    /// among them; in the order in which the runtime made them. Methods of structs can be there twice:
    /// once for the boxed value, once for the value itself.
    pub fn methods_of(&self, ty: &Type<'_, '_>) -> Vec<MethodDesc> {
        let Some(class) = ty.class() else { return Vec::new() };
        self.chunks.methods(class, &Declared::of(ty), &self.methods)
    }

    /// The record of a method by its row of a module's metadata; of a generic type's, that of the open
    /// type. `None` if the program has not loaded the type.
    pub fn method_of(&self, module: &Module<'data>, row: u32) -> Option<MethodDesc> {
        let owner = module.metadata()?.method_owner(row)?;
        let types = self.runtime.types().ok()?;
        let ty = types.get(types.modules().type_def(module, owner)?)?;
        self.methods_of(&ty).into_iter().find(|method| method.row == row)
    }

    /// The code of a method: what was compiled ahead of time, if the runtime has used it, then what the
    /// JIT made of it, in order of address. Empty for methods that have not run.
    pub fn native_code(&self, method: VirtAddr) -> &[NativeCode] {
        let index = self.native.get_or_init(|| self.index_code());
        index.get(&method).map_or(&[], Vec::as_slice)
    }

    fn index_code(&self) -> NativeCodeIndex {
        let mut index = NativeCodeIndex::new();
        for (section, image) in self.sections.iter().zip(&self.images) {
            let SectionKind::Image { module } = section.kind else { continue };
            let Some(image) = image.get(&self.runtime, section, module) else { continue };
            for (method, code) in image.prepared() {
                index.entry(method).or_default().push(code);
            }
        }
        for method in self.jitted() {
            // What the JIT is still writing is found by no address yet.
            if let Some(record) = method.method_desc
                && self.method_at(method.start).is_some()
            {
                let code = NativeCode { start: method.start, compilation: Compilation::Jit };
                index.entry(record).or_default().push(code);
            }
        }
        index
    }
}

/// How the methods of a type are told from what only looks like one.
pub(super) enum Declared {
    /// By their rows, as metadata has them; 0 stands for the methods of an array.
    Rows(BTreeSet<u32>),
    /// Without metadata, by the method table that their chunks name.
    MethodTable(VirtAddr),
}

impl Declared {
    fn of(ty: &Type<'_, '_>) -> Declared {
        let Some(token) = ty.token() else { return Declared::Rows(BTreeSet::from([0])) };
        let rows = || {
            let module = ty.module()?;
            let metadata = module.metadata()?;
            Some(metadata.methods(token.rid_in(TableId::TypeDef)?).collect())
        };
        let canonical = || ty.canonical_method_table().unwrap_or(ty.method_table());
        rows().map_or_else(|| Declared::MethodTable(canonical()), Declared::Rows)
    }

    /// Whether a record can be of one of them.
    pub(super) fn has(&self, method: &MethodDesc) -> bool {
        match self {
            Declared::Rows(rows) => rows.contains(&method.row),
            Declared::MethodTable(table) => method.row != 0 && method.method_table == *table,
        }
    }
}
