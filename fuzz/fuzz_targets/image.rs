//! Any bytes as an image: in a file, and in memory with a hole.

#![no_main]

use clrscope_image::{ImageFile, PeImage, ResourceName, rows};
use clrscope_memory::{AddressSpace, Range, Rva, Target, VirtAddr};
use libfuzzer_sys::fuzz_target;

fn read_all(image: &PeImage<'_>) {
    let _ = (image.version_info(), image.code_view(), image.pdb_checksum());
    let _ = image.resource_bytes(ResourceName::RCDATA, ResourceName::Name("TABLE"));
    if let Some(exports) = image.exports() {
        exports.iter().take(1_000).count();
        let _ = exports.find("DotNetRuntimeContractDescriptor");
    }
    if let Some(functions) = image.runtime_functions() {
        functions.iter().take(1_000).count();
        functions.find(Rva(0x1234));
    }
    for code in [image.ready_to_run(), image.composite_ready_to_run()].into_iter().flatten() {
        let methods = code.methods(&code);
        methods.find(Rva(0x1234));
        let _ = (code.import_sections(), code.compiler(), code.owner_composite());
        for assembly in code.component_assemblies().iter().take(10) {
            code.component_cor20(assembly);
            if let Some(component) = code.component(assembly) {
                component.methods(&code);
            }
        }
    }
    let bytes = image.metadata_bytes().unwrap_or_default();
    if let Ok(metadata) = clrscope_image::Metadata::parse(&bytes) {
        for (_, row) in metadata.value.rows::<rows::MethodDef>().take(200) {
            if let Some(body) = image.method_body(Rva(row.rva)) {
                body.instructions().count();
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    const BASE: VirtAddr = VirtAddr(0x7ff6_0000_0000);
    if let Ok(file) = ImageFile::parse(data) {
        read_all(file.image());
        file.ranges(BASE);
    }
    let half = data.len() as u64 / 2;
    let ranges = [Range::new(BASE, half, 0), Range::new(BASE.wrapping_add(half + 16), half, half)];
    let space = AddressSpace::from_ranges(data, &ranges, Target::X64_WINDOWS).value;
    if let Ok(image) = PeImage::from_memory(&space, BASE) {
        read_all(&image);
    }
});
