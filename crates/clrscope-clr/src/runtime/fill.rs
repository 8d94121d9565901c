//! The layers of the layout, strongest first.

use clrscope_image::{PeImage, ResourceName, Section};
use clrscope_memory::{Issue, IssueKind, Issues, ModuleRecord, Snapshot, VirtAddr};

use crate::infer::{RuntimeTraits, infer};
use crate::layout::{
    Contract, DacTable, GcDacVars, Globals, Layout, LayoutMode, built_in, fill_common,
    find_gc_dac_vars,
};
use crate::version::RuntimeVersion;

/// What the layers together know of a runtime.
pub(super) struct Filled {
    pub(super) layout: Layout,
    pub(super) globals: Globals,
    pub(super) contract: Option<Contract>,
    pub(super) dac_table: Option<DacTable>,
    pub(super) gc_dac_vars: Option<GcDacVars>,
}

/// Fills the model of one runtime. `None` if no layer knows anything of its version.
pub(super) fn fill<'data>(
    snapshot: &Snapshot<'data>,
    module: &ModuleRecord,
    image: Option<&PeImage<'data>>,
    version: RuntimeVersion,
    mode: LayoutMode,
    issues: &mut Issues,
) -> Option<Filled> {
    let knows_version = mode == LayoutMode::Auto;
    let space = &snapshot.space;
    let export = |name| image.and_then(|image| image.address(image.export(name)?));
    let mut layout = Layout::new();
    let mut globals = Globals::new();

    let contract = export("DotNetRuntimeContractDescriptor")
        .filter(|_| knows_version)
        .and_then(|address| Contract::read(space, address).take(issues));
    if let Some(contract) = &contract {
        contract.fill(&mut layout, &mut globals, issues);
    }

    let table = built_in(version, snapshot.target).filter(|_| knows_version);
    let dac_table = dac_table(snapshot, module, image);
    if let (Some(table), Some(dac_table)) = (table, &dac_table) {
        dac_table.fill(table, &mut globals, issues);
    }
    let gc_dac_vars = gc_dac_vars(snapshot, module, image, &globals);
    match &gc_dac_vars {
        Some(vars) => vars.fill(space, &mut layout, &mut globals, issues),
        None => issues.push(Issue::in_memory(
            IssueKind::MissingStructure,
            module.base,
            "the GC's table of variables was not found",
        )),
    }
    if let Some(table) = table {
        table.fill(&mut layout, &mut globals, issues);
    }
    fill_common(snapshot.target, &mut layout, issues);
    // The descriptor is enough: it is the better source.
    if table.is_none() && contract.is_none() {
        let own_modules = version.major >= 9;
        let runtime = RuntimeTraits { image: module.base..module.end(), own_modules };
        if !infer(space, &runtime, &mut layout, &mut globals, issues) {
            return None;
        }
        issues.push(Issue::in_memory(
            IssueKind::MissingStructure,
            module.base,
            "the layout of this runtime was inferred: its heap can be read, but not the names of \
             types, modules and threads",
        ));
    }
    Some(Filled { layout, globals, contract, dac_table, gc_dac_vars })
}

/// From .NET 7 on the table is an export, before that a resource.
fn dac_table(
    snapshot: &Snapshot<'_>,
    module: &ModuleRecord,
    image: Option<&PeImage<'_>>,
) -> Option<DacTable> {
    let image = image?;
    if let Some(at) = image.export("g_dacTable").and_then(|rva| image.address(rva)) {
        return Some(DacTable::from_export(&snapshot.space, at, module.base..module.end()));
    }
    let name = ResourceName::Name("COREXTERNALDATAACCESSRESOURCE");
    DacTable::from_resource(&image.resource_bytes(ResourceName::RCDATA, name)?, module.base)
}

/// Through the runtime's own pointer, and if that is not known, by its shape: in the runtime, or in
/// a GC of its own image.
fn gc_dac_vars(
    snapshot: &Snapshot<'_>,
    module: &ModuleRecord,
    image: Option<&PeImage<'_>>,
    globals: &Globals,
) -> Option<GcDacVars> {
    let space = &snapshot.space;
    let pointed = globals.address("GcDacVars").and_then(|at| space.read_pointer(at));
    if let Some(vars) = pointed.and_then(|address| GcDacVars::read(space, address)) {
        return Some(vars);
    }
    let sections = writable(module, image);
    let standalone = snapshot
        .modules
        .iter()
        .find(|module| module.file_name().to_ascii_lowercase().starts_with("clrgc"));
    let vars = find_gc_dac_vars(space, &sections, &sections);
    vars.or_else(|| {
        // The table is the runtime's, the variables are those of the other image.
        find_gc_dac_vars(space, &sections, &[(standalone?.base, standalone?.size)])
    })
}

/// The parts of an image that can hold variables: its writable sections, or if its headers are
/// absent, all of it.
fn writable(module: &ModuleRecord, image: Option<&PeImage<'_>>) -> Vec<(VirtAddr, u64)> {
    let sections: Vec<_> = image
        .into_iter()
        .flat_map(|image| &image.headers().sections)
        .filter(|section| section.characteristics & Section::WRITE != 0)
        .map(|section| (module.base.at_rva(section.rva), u64::from(section.loaded_size())))
        .collect();
    if sections.is_empty() { vec![(module.base, module.size)] } else { sections }
}
