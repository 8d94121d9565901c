use std::borrow::Cow;

use clrscope_memory::{AddressSpace, FileVersion, Range, Rva, Target, VirtAddr};
use proptest::prelude::*;

use super::testing::ImageBuilder;
use super::*;

const BASE: VirtAddr = VirtAddr(0x7ff6_0000_0000);

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An image that exports `alpha` and `omega`, which is forwarded.
fn exporting() -> ImageBuilder {
    let mut builder = ImageBuilder::new();
    let rva = builder.next_rva();
    // Flags, time stamp, version, name, first ordinal 5, two functions, two names, three tables.
    let mut data =
        words(&[0, 0, 0, rva + 80, 5, 2, 2, rva + 40, rva + 48, rva + 56, 0xdead, rva + 70]);
    data.truncate(40);
    // Functions: a place, and within the directory the name of another image's.
    data.extend(words(&[0x1234, rva + 88]));
    data.extend(words(&[rva + 60, rva + 66]));
    // `alpha` is number 0, `omega` number 1.
    data.extend([0, 0, 1, 0]);
    data.extend(b"alpha\0omega\0\0\0\0\0\0\0\0\0"); // at 60 and 66, to 80
    data.extend(b"me.dll\0\0"); // at 80
    data.extend(b"NTDLL.x\0"); // at 88
    builder.section(*b".edata\0\0", 0x4000_0040, &data);
    builder.directory(Directory::Export, rva, data.len() as u32);
    builder
}

/// An image with a string as RT_RCDATA "TABLE", and version 10.0.14.7.
fn with_resources() -> ImageBuilder {
    let mut builder = ImageBuilder::new();
    let rva = builder.next_rva();
    let directory = |named: u32, numbered: u32| [0, 0, 0, numbered << 16 | named];
    let version = version_resource();
    let mut data = Vec::new();
    // 0: kinds 10 and 16.
    data.extend(words(&directory(0, 2)));
    data.extend(words(&[10, 0x8000_0000 | 32, 16, 0x8000_0000 | 80]));
    // 32: one name; 56: its languages.
    data.extend(words(&directory(1, 0)));
    data.extend(words(&[0x8000_0000 | 160, 0x8000_0000 | 56]));
    data.extend(words(&directory(0, 1)));
    data.extend(words(&[0x409, 128]));
    // 80: number 1; 104: its languages.
    data.extend(words(&directory(0, 1)));
    data.extend(words(&[1, 0x8000_0000 | 104]));
    data.extend(words(&directory(0, 1)));
    data.extend(words(&[0x409, 144]));
    // 128 and 144: where the bytes are.
    data.extend(words(&[rva + 172, 4, 1252, 0]));
    data.extend(words(&[rva + 176, version.len() as u32, 1252, 0]));
    // 160: the name.
    data.extend([5, 0]);
    data.extend("TABLE".encode_utf16().flat_map(u16::to_le_bytes));
    // 172: the bytes.
    data.extend(b"data");
    data.extend(&version);
    builder.section(*b".rsrc\0\0\0", 0x4000_0040, &data);
    builder.directory(Directory::Resource, rva, data.len() as u32);
    builder
}

/// A block of a version resource.
fn block(key: &str, is_text: bool, value: &[u8], children: &[Vec<u8>]) -> Vec<u8> {
    let mut data = vec![0; 6];
    data.extend(key.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    data.resize(data.len().next_multiple_of(4), 0);
    data.extend(value);
    for child in children {
        data.resize(data.len().next_multiple_of(4), 0);
        data.extend(child);
    }
    let value_length = if is_text { value.len() / 2 } else { value.len() };
    let header = [data.len() as u16, value_length as u16, u16::from(is_text)];
    for (place, number) in data.chunks_exact_mut(2).zip(header) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    data
}

fn version_resource() -> Vec<u8> {
    let text = |text: &str| -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    };
    let strings = [
        block("ProductVersion", true, &text("10.0.14+abc"), &[]),
        block("CompanyName", true, &text("Who"), &[]),
    ];
    let table = block("040904b0", true, &[], &strings);
    let info = block("StringFileInfo", true, &[], &[table]);
    #[rustfmt::skip]
    let fixed = words(&[
        0xfeef_04bd, 0x1_0000,
        // File version 10.0.14.7, product version 10.0.14.0.
        10 << 16, 14 << 16 | 7, 10 << 16, 14 << 16,
        // Flags: the mask says that only the first is valid.
        1, 0x3f, 4, 2, 0, 0, 0,
    ]);
    block("VS_VERSION_INFO", false, &fixed, &[info])
}

#[test]
fn exports_are_found_by_name() {
    let file = exporting().build();
    let image = PeImage::from_file(&file).unwrap();
    assert_eq!(image.export("alpha"), Some(Rva(0x1234)));
    assert_eq!(image.export("omega"), None);
    assert_eq!(image.export("beta"), None);
    let exports = image.exports().unwrap();
    let forwarder = ExportTarget::Forwarder(Cow::Borrowed(&b"NTDLL.x"[..]));
    assert_eq!(exports.find("omega"), Some(forwarder));
    assert_eq!(exports.image_name().as_deref(), Some(&b"me.dll"[..]));
    let ordinals: Vec<u32> = exports.iter().map(|export| export.ordinal).collect();
    assert_eq!(ordinals, [5, 6]);
}

#[test]
fn resources_are_found_by_kind_and_name() {
    let file = with_resources().build();
    let image = PeImage::from_file(&file).unwrap();
    let table = image.resource_bytes(ResourceName::RCDATA, ResourceName::Name("table"));
    assert_eq!(table.as_deref(), Some(&b"data"[..]));
    assert_eq!(image.resource(ResourceName::RCDATA, ResourceName::Name("other")), None);
    assert_eq!(image.resource(ResourceName::RCDATA, ResourceName::Id(1)), None);

    let info = image.version_info().unwrap();
    assert_eq!(info.file_version, FileVersion { major: 10, minor: 0, build: 14, revision: 7 });
    assert_eq!(info.product_version.to_string(), "10.0.14.0");
    assert_eq!(info.flags, 1);
    assert_eq!(info.string("ProductVersion"), Some("10.0.14+abc"));
    assert_eq!(info.string("CompanyName"), Some("Who"));
    assert_eq!(info.strings.len(), 2);
}

#[test]
fn symbols_are_named_by_the_debug_directory() {
    let file = ImageBuilder::new().code_view([3; 16], 4).build();
    let image = PeImage::from_file(&file).unwrap();
    let code_view = image.code_view().unwrap();
    assert_eq!((code_view.guid.0, code_view.age), ([3; 16], 4));
    assert_eq!(code_view.path, "x.pdb");
    assert!(!image.is_reproducible());
    assert_eq!(image.pdb_checksum(), None);
}

#[test]
fn an_image_in_memory_is_loaded_or_flat() {
    let mut builder = exporting();
    // Something in a second section, so that the two layouts differ in more than one place.
    builder.section(*b".text\0\0\0", 0x6000_0020, b"code");
    for (bytes, layout) in
        [(builder.build(), ImageLayout::Flat), (builder.build_loaded(), ImageLayout::Loaded)]
    {
        let ranges = [Range::new(BASE, bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        let image = PeImage::from_memory(&space, BASE).unwrap();
        assert_eq!(image.layout(), layout);
        assert_eq!(image.slice(Rva(0x2000), 4), Some(&b"code"[..]));
        let address = image.address(Rva(0x2000)).unwrap();
        assert_eq!(space.slice(address, 4), Some(&b"code"[..]));
        assert_eq!(image.rva(address), Some(Rva(0x2000)));
        assert_eq!(image.rva(BASE.wrapping_sub(1)), None);
        assert_eq!(image.export("alpha"), Some(Rva(0x1234)));
    }
}

#[test]
fn absent_pages_are_absent() {
    let bytes = exporting().build_loaded();
    // The headers only, cut within the list of sections, are enough to know the image.
    let ranges = [Range::new(BASE, 0x190, 0)];
    let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
    let image = PeImage::from_memory(&space, BASE).unwrap();
    assert_eq!(image.headers().timestamp, 0x5f00_0000);
    assert!(image.headers().sections.is_empty());
    assert!(image.exports().is_none());
    assert_eq!(image.bytes(Rva(0x1000), 1), None);

    // Pages that are not in one piece are read all the same.
    let ranges =
        [Range::new(BASE, 0x1004, 0), Range::new(BASE.wrapping_add(0x1004), 0xffc, 0x1004)];
    let other = [vec![0xee], bytes.clone()].concat();
    let space = AddressSpace::from_ranges(&bytes, &ranges[..1], Target::X64_WINDOWS)
        .value
        .with_fill(&other, &[Range { offset: 0x1005, ..ranges[1] }]);
    let image = PeImage::from_memory(&space, BASE).unwrap();
    assert_eq!(image.slice(Rva(0x1000), 40), None);
    assert!(matches!(image.bytes(Rva(0x1000), 40), Some(Cow::Owned(_))));
    assert_eq!(image.export("alpha"), Some(Rva(0x1234)));
    // Nothing behind the image's end is the image's.
    assert_eq!(image.bytes(Rva(0x1fff), 2), None);
}

#[test]
fn what_is_no_image_is_refused() {
    let error = |bytes: &[u8]| PeImage::from_file(bytes).map(|_| ()).unwrap_err();
    assert_eq!(error(&[]), PeError::HeadersAbsent);
    assert_eq!(error(b"\x7fELF"), PeError::NotMz(0x457f));
    let mut file = exporting().build();
    assert_eq!(error(&file[..0x90]), PeError::HeadersAbsent);
    file[0x98] = 7;
    assert_eq!(error(&file), PeError::UnknownMagic(0x207));
    file[0x80] = b'N';
    assert_eq!(error(&file), PeError::NotPe(0x80));
}

/// Everything that can be asked of an image.
fn ask_everything(image: &PeImage<'_>) {
    image.cor20();
    image.metadata_bytes();
    image.version_info();
    image.code_view();
    image.pdb_checksum();
    image.runtime_functions().map(|functions| functions.find(Rva(0x1234)));
    image.exports().map(|exports| exports.iter().count());
    image.export("omega");
    image.resource_bytes(ResourceName::RCDATA, ResourceName::Name("TABLE"));
    if let Some(code) = image.ready_to_run() {
        code.methods(&code);
        code.import_sections();
        code.component_assemblies();
    }
}

proptest! {
    #[test]
    fn damaged_images_are_survived(
        which in 0..3usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let builder = match which {
            0 => exporting(),
            1 => with_resources(),
            _ => ImageBuilder::new().code_view([1; 16], 1),
        };
        let mut file = builder.build();
        for (place, value) in changes {
            let place = place.index(file.len());
            file[place] = value;
        }
        file.truncate(0x200 + cut.index(file.len()));
        if let Ok(image) = PeImage::from_file(&file) {
            ask_everything(&image);
        }
        let ranges = [Range::new(BASE, file.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS).value;
        if let Ok(image) = PeImage::from_memory(&space, BASE) {
            ask_everything(&image);
        }
    }
}
