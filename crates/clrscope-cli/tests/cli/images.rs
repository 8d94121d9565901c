//! Images that a dump lacks, from files beside it.

use std::fs;

use clrscope_testkit::corpus;

use crate::harness::run_in;

/// Makes an image file of an image as it was loaded: the sections in the file are where they are in memory.
fn file_of(mut image: Vec<u8>) -> Option<Vec<u8>> {
    let u16_at =
        |bytes: &[u8], at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let u32_at =
        |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let header = u32_at(&image, 0x3c)? as usize;
    let sections = usize::from(u16_at(&image, header + 6)?);
    let table = header + 24 + usize::from(u16_at(&image, header + 20)?);
    for section in (0..sections).map(|index| table + 40 * index) {
        let (size, rva) = (u32_at(&image, section + 8)?, u32_at(&image, section + 12)?);
        image.get_mut(section + 16..section + 20)?.copy_from_slice(&size.to_le_bytes());
        image.get_mut(section + 20..section + 24)?.copy_from_slice(&rva.to_le_bytes());
    }
    Some(image)
}

#[test]
fn images_from_a_folder_give_names_to_a_dump_without_them() {
    // The dump without images is of the same process as this one, which has them.
    let Some(whole) = corpus::dump("net8-x64-wks-all") else { return };
    let bytes = whole.bytes();
    let snapshot =
        clrscope::minidump::Minidump::parse(&bytes).expect("a minidump").snapshot().value;
    let folder = tempfile::tempdir().expect("a folder");
    for module in &snapshot.modules {
        let mut image = vec![0; module.size as usize];
        for (at, held) in snapshot.space.iter_within(module.base, module.end()) {
            let start = (at.0 - module.base.0) as usize;
            image[start..start + held.len()].copy_from_slice(held);
        }
        if let Some(file) = file_of(image) {
            fs::write(folder.path().join(module.file_name()), file).expect("it is written");
        }
    }

    let private = corpus::dump("net8-x64-private").expect("it is in testdata");
    let private = private.path().to_str().expect("a path");
    let types = |arguments: &[&str]| {
        let line = [&["dumpheap", private, "-stat", "--format", "json"], arguments].concat();
        run_in(folder.path(), &line).json()
    };
    let without = types(&[]);
    let with = types(&["--modules", "."]);
    let whole = run_in(
        folder.path(),
        &["dumpheap", whole.path().to_str().expect("a path"), "-stat", "--format", "json"],
    );
    let whole = whole.json();
    assert_eq!(with["data"]["objects"], without["data"]["objects"]);
    assert_eq!(with["data"]["objects"], whole["data"]["objects"]);
    let names = |answer: &serde_json::Value| {
        let types = answer["data"]["types"].as_array().expect("a list").clone();
        let mut names: Vec<String> =
            types.iter().map(|ty| format!("{} {}", ty["name"], ty["count"])).collect();
        names.sort();
        names
    };
    assert_ne!(names(&without), names(&whole));
    assert_eq!(names(&with), names(&whole));
}
