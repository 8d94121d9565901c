//! The runtimes of a process: which there are, which version they are, where they keep what.

mod fill;
mod find;

use std::fmt;
use std::sync::{Arc, OnceLock};

use clrscope_memory::{Issues, ModuleRecord, Snapshot, VirtAddr};

pub use self::find::{NoRuntime, Refusal, Refused, Runtimes, find_runtimes};
use crate::layout::{Contract, DacTable, GcDacVars, Globals, Layout, MissingField};
use crate::modules::Modules;
use crate::types::Types;
use crate::version::{Flavor, RuntimeVersion};

/// A CLR that was loaded in the process, and what is known of its structures. Cloning is cheap.
#[derive(Clone)]
pub struct Runtime<'data> {
    inner: Arc<Inner<'data>>,
}

struct Inner<'data> {
    snapshot: Arc<Snapshot<'data>>,
    module: ModuleRecord,
    version: RuntimeVersion,
    flavor: Flavor,
    layout: Layout,
    globals: Globals,
    contract: Option<Contract>,
    dac_table: Option<DacTable>,
    gc_dac_vars: Option<GcDacVars>,
    issues: Issues,
    modules: OnceLock<Arc<Modules<'data>>>,
    types: OnceLock<Result<Types<'data>, MissingField>>,
}

impl<'data> Runtime<'data> {
    /// The process that it ran in.
    pub fn snapshot(&self) -> &Snapshot<'data> {
        &self.inner.snapshot
    }

    /// The image that is the runtime: `coreclr.dll`, or the program itself if it was published as a
    /// single file.
    pub fn module(&self) -> &ModuleRecord {
        &self.inner.module
    }

    /// Its version.
    pub fn version(&self) -> RuntimeVersion {
        self.inner.version
    }

    /// Which family of runtimes it belongs to.
    pub fn flavor(&self) -> Flavor {
        self.inner.flavor
    }

    /// Where its fields are.
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// Where its global variables are.
    pub fn globals(&self) -> &Globals {
        &self.inner.globals
    }

    /// Its contract descriptor, if it has one (.NET 9 and later).
    pub fn contract(&self) -> Option<&Contract> {
        self.inner.contract.as_ref()
    }

    /// Its table of globals for debuggers, if it was found.
    pub fn dac_table(&self) -> Option<&DacTable> {
        self.inner.dac_table.as_ref()
    }

    /// Its GC's table of variables, if it was found.
    pub fn gc_dac_vars(&self) -> Option<&GcDacVars> {
        self.inner.gc_dac_vars.as_ref()
    }

    /// Its application domains and their modules, read when they are first asked for.
    pub fn modules(&self) -> &Modules<'data> {
        self.shared_modules()
    }

    fn shared_modules(&self) -> &Arc<Modules<'data>> {
        let read = || Modules::read(&self.snapshot().space, self.layout(), self.globals());
        self.inner.modules.get_or_init(|| Arc::new(read()))
    }

    /// Its types, read one by one as they are asked for.
    ///
    /// # Errors
    /// If the layout does not say how method tables are read.
    pub fn types(&self) -> Result<&Types<'data>, MissingField> {
        let new = || {
            let modules = Arc::clone(self.shared_modules());
            Types::new(&self.snapshot().space, self.layout(), self.globals(), modules)
        };
        self.inner.types.get_or_init(new).as_ref().map_err(Clone::clone)
    }

    /// What was wrong on the way here.
    pub fn issues(&self) -> &Issues {
        &self.inner.issues
    }

    /// The pointer that a global variable of this name holds; `None` if the variable is unknown or
    /// absent, or holds null.
    pub fn global_pointer(&self, name: &str) -> Option<VirtAddr> {
        self.snapshot().space.follow(self.globals().address(name)?)
    }

    /// The 32-bit number that a global variable of this name holds.
    pub fn global_u32(&self, name: &str) -> Option<u32> {
        self.snapshot().space.read_u32(self.globals().address(name)?)
    }
}

impl fmt::Debug for Runtime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("module", &self.inner.module.name)
            .field("flavor", &self.inner.flavor)
            .field("version", &self.inner.version)
            .finish_non_exhaustive()
    }
}
