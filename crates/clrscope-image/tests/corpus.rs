//! Every image of every real dump, read and held against what else is known of it.

use clrscope_image::{
    CompiledMethod, Directory, ImageFile, ImageLayout, Metadata, Operand, PeImage,
    ReadyToRunSectionKind, ResourceName, Section, SignatureReader, TableId, Token, rows,
};
use clrscope_memory::{AddressSpace, Arch, Rva, Snapshot, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus;

/// Calls `check` with each dump's name and snapshot.
fn for_each_dump(mut check: impl FnMut(&str, &Snapshot<'_>)) {
    let dumps = corpus::dumps();
    assert!(!dumps.is_empty());
    for dump in dumps {
        let bytes = dump.bytes();
        let minidump = Minidump::parse(&bytes).expect("a minidump");
        check(dump.name(), &minidump.snapshot().value);
    }
}

/// The images of a dump whose headers are in it.
fn images<'data>(snapshot: &Snapshot<'data>) -> Vec<(String, PeImage<'data>)> {
    let image = |module: &clrscope_memory::ModuleRecord| {
        let image = PeImage::from_memory(&snapshot.space, module.base).ok()?;
        Some((module.file_name().to_owned(), image))
    };
    snapshot.modules.iter().filter_map(image).collect()
}

/// Calls `check` with each metadata of a dump that is whole.
fn for_each_metadata(mut check: impl FnMut(&str, &Metadata<'_>)) {
    for_each_dump(|dump, snapshot| {
        for (name, image) in images(snapshot) {
            if let Some(bytes) = image.metadata_slice() {
                let metadata = Metadata::parse(bytes).expect("metadata");
                let place = format!("{dump} {name}");
                assert!(metadata.is_complete(), "{place}: {:?}", metadata.issues);
                check(&place, &metadata.value);
            }
        }
    });
}

#[test]
fn images_are_what_the_dumps_say_they_are() {
    let mut with_version = 0;
    for_each_dump(|dump, snapshot| {
        for module in &snapshot.modules {
            if !snapshot.space.contains(module.base) {
                continue;
            }
            let place = format!("{dump} {}", module.name);
            let image = PeImage::from_memory(&snapshot.space, module.base)
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(image.layout(), ImageLayout::Loaded, "{place}");
            assert_eq!(image.headers().timestamp, module.timestamp, "{place}");
            assert_eq!(u64::from(image.headers().size_of_image), module.size, "{place}");
            assert!(!image.headers().sections.is_empty(), "{place}");
            if let (Some(info), Some(version)) = (image.version_info(), module.version) {
                assert_eq!(info.file_version, version, "{place}");
                assert!(info.string("FileVersion").is_some(), "{place}");
                with_version += 1;
            }
        }
    });
    assert!(with_version > 100, "{with_version}");
}

#[test]
fn runtimes_export_what_debuggers_look_for() {
    let mut runtimes = 0;
    for_each_dump(|dump, snapshot| {
        for (name, image) in images(snapshot) {
            if name != "coreclr.dll" || image.exports().is_none() {
                continue;
            }
            runtimes += 1;
            // Until .NET 6 the table is in a resource of a Windows runtime, since then it is exported.
            let resource = ResourceName::Name("COREXTERNALDATAACCESSRESOURCE");
            let table = image.resource_bytes(ResourceName::RCDATA, resource);
            assert_ne!(image.export("g_dacTable").is_some(), table.is_some(), "{dump}");
            assert_eq!(image.export("no such name"), None);
            let has_contract = ["net9", "net10"].iter().any(|band| dump.starts_with(band));
            let contract = image.export("DotNetRuntimeContractDescriptor");
            assert_eq!(contract.is_some(), has_contract, "{dump}");
            if let Some(contract) = contract.and_then(|rva| image.bytes(rva, 8)) {
                assert_eq!(&contract[..], b"DNCCDAC\0", "{dump}");
            }
        }
    });
    assert!(runtimes >= 8, "{runtimes}");
}

#[test]
fn goblin_sees_the_same() {
    let mut compared = 0;
    for_each_dump(|dump, snapshot| {
        for module in &snapshot.modules {
            // goblin wants the whole image in one piece.
            let Some(bytes) = snapshot.space.slice(module.base, module.size as usize) else {
                continue;
            };
            let mut options = goblin::pe::options::ParseOptions::default();
            options.resolve_rva = false;
            options.parse_resources = false;
            options.parse_tls_data = false;
            options.parse_attribute_certificates = false;
            options.parse_mode = goblin::options::ParseMode::Permissive;
            let place = format!("{dump} {}", module.name);
            let Ok(other) = goblin::pe::PE::parse_with_opts(bytes, &options) else { continue };
            let image = PeImage::from_memory(&snapshot.space, module.base).expect("an image");
            compared += 1;

            let sections: Vec<_> =
                other.sections.iter().map(|s| (s.virtual_address, s.virtual_size)).collect();
            let ours: Vec<_> =
                image.headers().sections.iter().map(|s| (s.rva.0, s.virtual_size)).collect();
            assert_eq!(ours, sections, "{place}");
            let exports: Vec<_> = other
                .exports
                .iter()
                .filter(|export| export.reexport.is_none())
                .filter_map(|export| Some((export.name?, export.rva)))
                .collect();
            for (name, rva) in exports {
                assert_eq!(image.export(name).map(|rva| rva.0 as usize), Some(rva), "{place}");
            }
            let code_view = other
                .debug_data
                .and_then(|data| data.codeview_pdb70_debug_info)
                .map(|info| (info.signature, info.age));
            let ours = image.code_view().map(|code_view| (code_view.guid.0, code_view.age));
            assert_eq!(ours, code_view, "{place}");
        }
    });
    assert!(compared >= 20, "{compared}");
}

#[test]
fn metadata_leads_nowhere_astray() {
    let (mut modules, mut rows) = (0, 0u64);
    for_each_metadata(|place, metadata| {
        let issues = metadata.verify();
        assert!(issues.is_empty(), "{place}: {:?}", issues.iter().next());
        modules += 1;
        rows += (0..64).map(|table| u64::from(metadata.row_count(TableId(table)))).sum::<u64>();
        let assembly = metadata.assembly_name().expect("an assembly").to_string();
        let expected = place.rsplit([' ', '/']).next().unwrap().trim_end_matches(".dll");
        assert!(assembly.starts_with(&format!("{expected}, Version=")), "{place}: {assembly}");
    });
    assert!(modules >= 100 && rows >= 1_000_000, "{modules} modules, {rows} rows");
}

#[test]
fn types_and_members_lead_to_each_other() {
    for_each_metadata(|place, metadata| {
        for (type_def, row) in metadata.rows::<rows::TypeDef>() {
            let token = Token::new(TableId::TypeDef, type_def);
            let name = metadata.full_name(token).expect("a name");
            assert_eq!(metadata.find_type_def(&name), Some(type_def), "{place} {name}");
            assert_eq!(
                name.contains('+'),
                row.flags & 7 > 1 && metadata.enclosing_type(type_def).is_some(),
                "{place} {name}: nested types have a visibility of their own"
            );
            for field in metadata.fields(type_def) {
                assert_eq!(metadata.field_owner(field), Some(type_def), "{place} {name}");
            }
            for method in metadata.methods(type_def) {
                assert_eq!(metadata.method_owner(method), Some(type_def), "{place} {name}");
                for param in metadata.params(method) {
                    assert_eq!(metadata.param_owner(param), Some(method), "{place} {name}");
                }
            }
            for property in metadata.properties(type_def) {
                assert_eq!(metadata.property_owner(property), Some(type_def), "{place} {name}");
            }
            for event in metadata.events(type_def) {
                assert_eq!(metadata.event_owner(event), Some(type_def), "{place} {name}");
            }
        }
    });
}

#[test]
fn signatures_are_read_to_their_end() {
    let mut read = 0u64;
    let mut check = |place: &str, what: &str, blob: &[u8], rest: Result<&[u8], String>| {
        assert_eq!(rest, Ok(&[][..]), "{place} {what}: {blob:02x?}");
        read += 1;
    };
    for_each_metadata(|place, metadata| {
        for (_, row) in metadata.rows::<rows::Field>() {
            let blob = metadata.blob(row.signature);
            let mut reader = SignatureReader::new(blob);
            let result = reader.field().map_err(|error| error.to_string());
            check(place, "field", blob, result.map(|_| reader.rest()));
        }
        for (_, row) in metadata.rows::<rows::MethodDef>() {
            let blob = metadata.blob(row.signature);
            let mut reader = SignatureReader::new(blob);
            let result = reader.method().map_err(|error| error.to_string());
            check(place, "method", blob, result.map(|_| reader.rest()));
        }
        for (_, row) in metadata.rows::<rows::Property>() {
            let blob = metadata.blob(row.signature);
            let mut reader = SignatureReader::new(blob);
            let result = reader.property().map_err(|error| error.to_string());
            check(place, "property", blob, result.map(|_| reader.rest()));
        }
        for (_, row) in metadata.rows::<rows::TypeSpec>() {
            let blob = metadata.blob(row.signature);
            let mut reader = SignatureReader::new(blob);
            let result = reader.type_spec().map_err(|error| error.to_string());
            check(place, "type", blob, result.map(|_| reader.rest()));
        }
        for (_, row) in metadata.rows::<rows::MethodSpec>() {
            let blob = metadata.blob(row.instantiation);
            let mut reader = SignatureReader::new(blob);
            let result = reader.method_spec().map_err(|error| error.to_string());
            check(place, "instantiation", blob, result.map(|_| reader.rest()));
        }
        for (_, row) in metadata.rows::<rows::MemberRef>() {
            let blob = metadata.blob(row.signature);
            let mut reader = SignatureReader::new(blob);
            let result = match blob.first() {
                Some(0x06) => reader.field().map(|_| ()),
                _ => reader.method().map(|_| ()),
            };
            let result = result.map_err(|error| error.to_string());
            check(place, "member", blob, result.map(|()| reader.rest()));
        }
        for (_, row) in metadata.rows::<rows::StandAloneSig>() {
            let blob = metadata.blob(row.signature);
            let mut reader = SignatureReader::new(blob);
            let result = match blob.first() {
                Some(0x07) => reader.locals().map(|_| ()),
                _ => reader.method().map(|_| ()),
            };
            let result = result.map_err(|error| error.to_string());
            check(place, "stand-alone", blob, result.map(|()| reader.rest()));
        }
    });
    assert!(read > 1_000_000, "{read}");
}

#[test]
fn compiled_functions_belong_to_methods() {
    let mut images_seen = 0;
    for_each_dump(|dump, snapshot| {
        for (name, image) in images(snapshot) {
            let Some(code) = image.ready_to_run() else { continue };
            let place = format!("{dump} {name}");
            let (Some(functions), Some(metadata)) =
                (code.runtime_functions(), image.metadata_slice())
            else {
                continue;
            };
            let metadata = Metadata::parse(metadata).expect("metadata").value;
            images_seen += 1;
            assert!(code.version.0 >= 2, "{place}");
            assert!(code.compiler().is_some(), "{place}");
            if image.headers().machine.arch() == Arch::X64 {
                // The image's own table of functions is the same one.
                let directory = image.directory(Directory::Exception).expect("functions");
                let section = code.section(ReadyToRunSectionKind::RUNTIME_FUNCTIONS);
                assert_eq!(section.map(|section| section.rva), Some(directory.rva), "{place}");
            }

            let methods = code.methods(&code);
            assert!(!methods.all().is_empty(), "{place}");
            for &(function, method) in methods.all() {
                let entry = functions.get(function as usize).expect("a function");
                let found = methods.find(entry.begin);
                assert!(found.contains(&(function, method)), "{place}");
                if let CompiledMethod::Definition(rid) = method {
                    assert!(rid <= metadata.row_count(TableId::MethodDef), "{place}");
                }
            }
            // x86 has no funclets: every function is the body of a method, so that none was missed.
            if image.headers().machine.arch() == Arch::X86 {
                let bodies = methods.all().chunk_by(|one, next| one.0 == next.0).count();
                assert_eq!(bodies, functions.len(), "{place}");
            }
            for instance in methods.instances() {
                assert!(instance.owner.is_some() || !instance.arguments.is_empty(), "{place}");
                if instance.module.is_none() {
                    let count = metadata.row_count(instance.method.table());
                    assert!((1..=count).contains(&instance.method.rid()), "{place}: {instance:?}");
                }
            }
            for import in code.import_sections() {
                assert!(import.slots.rva.0 < image.headers().size_of_image, "{place}");
                assert!(import.entry_size <= 8, "{place}");
            }
        }
    });
    assert!(images_seen >= 50, "{images_seen}");
}

#[test]
fn code_of_methods_is_read_to_its_end() {
    let (mut bodies, mut clauses) = (0u64, 0u64);
    for_each_dump(|dump, snapshot| {
        for (name, image) in images(snapshot) {
            let Some(metadata) = image.metadata_slice() else { continue };
            let metadata = Metadata::parse(metadata).expect("metadata").value;
            for (rid, row) in metadata.rows::<rows::MethodDef>() {
                let place = format!("{dump} {name} method {rid}");
                // Native and runtime methods have no IL.
                if row.rva == 0 || row.impl_flags & 3 != 0 {
                    continue;
                }
                let Some(body) = image.method_body(Rva(row.rva)) else { continue };
                bodies += 1;
                let mut instructions = body.instructions();
                let end = body.code.len() as u32;
                for instruction in &mut instructions {
                    if let Operand::Target(target) = instruction.operand {
                        assert!(target < end, "{place}: {instruction:?}");
                    }
                }
                assert!(instructions.rest().is_empty(), "{place}");
                for clause in &body.clauses {
                    assert!(clause.try_offset + clause.try_length <= end, "{place}");
                    assert!(clause.handler_offset + clause.handler_length <= end, "{place}");
                    clauses += 1;
                }
                if !body.local_signature.is_nil() {
                    let locals = metadata.row_of::<rows::StandAloneSig>(body.local_signature);
                    let blob = metadata.blob(locals.expect("locals").signature);
                    assert!(SignatureReader::new(blob).locals().is_ok(), "{place}");
                }
            }
        }
    });
    assert!(bodies > 100_000 && clauses > 1_000, "{bodies} bodies, {clauses} clauses");
}

#[test]
fn a_file_stands_for_the_pages_that_it_has() {
    let mut files = 0;
    for_each_dump(|dump, snapshot| {
        for module in &snapshot.modules {
            let space = &snapshot.space;
            let Ok(image) = PeImage::from_memory(space, module.base) else { continue };
            let Some(loaded) = space.slice(module.base, module.size as usize) else { continue };
            if image.cor20().is_none() {
                continue;
            }
            let place = format!("{dump} {}", module.name);
            // The file, as far as memory tells: each section where the file has it.
            let headers = image.headers();
            let mut file = loaded[..headers.size_of_headers as usize].to_vec();
            for section in &headers.sections {
                let (from, to) = (section.rva.0 as usize, section.file_offset as usize);
                let size = section.file_size.min(section.loaded_size()) as usize;
                file.resize(file.len().max(to + section.file_size as usize), 0);
                file[to..to + size].copy_from_slice(&loaded[from..from + size]);
            }
            let parsed = ImageFile::parse(&file).expect("an image");
            assert_eq!(parsed.check(module, None), Ok(()), "{place}");
            let filled =
                AddressSpace::empty(snapshot.target).with_fill(&file, &parsed.ranges(module.base));
            for (address, bytes) in filled.iter() {
                assert_eq!(space.slice(address, bytes.len()), Some(bytes), "{place} {address}");
            }
            let from_file = PeImage::from_memory(&filled, module.base).expect("an image");
            assert!(from_file.metadata_bytes().is_some(), "{place}");
            assert_eq!(from_file.metadata_bytes(), image.metadata_bytes(), "{place}");

            // The same bytes, lying in memory as they lie in the file.
            let base = VirtAddr(0x10_0000);
            let range = clrscope_memory::Range::new(base, file.len() as u64, 0);
            let space = AddressSpace::from_ranges(&file, &[range], snapshot.target).value;
            let flat = PeImage::from_memory(&space, base).expect("an image");
            // Some images are aligned in the file as they are in memory: then both are right.
            let is_same = |section: &Section| section.rva.0 == section.file_offset;
            if !headers.sections.iter().all(is_same) {
                assert_eq!(flat.layout(), ImageLayout::Flat, "{place}");
            }
            assert_eq!(flat.metadata_bytes(), image.metadata_bytes(), "{place}");
            files += 1;
        }
    });
    assert!(files >= 20, "{files}");
}
