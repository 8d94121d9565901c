use std::io::Write;

use super::*;

/// A header without streams, and enough behind it to be worth mapping.
fn dump(length: usize) -> Vec<u8> {
    let mut bytes = Vec::from(*b"MDMP\x93\xa7\0\0");
    bytes.resize(32, 0);
    bytes.extend((32..length).map(|index| (index * 7 / 5) as u8));
    bytes
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn open(bytes: &[u8], options: &OpenOptions) -> Result<DumpFile, OpenError> {
    DumpFile::open(file(bytes).path(), options)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn message(bytes: &[u8]) -> String {
    let error = open(bytes, &OpenOptions::new()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn a_plain_dump_is_mapped_or_read_as_the_policy_says() {
    let bytes = dump(100_000);
    let mapped = open(&bytes, &OpenOptions::new()).unwrap();
    assert!(!mapped.is_in_memory());
    assert_eq!(mapped.bytes(), bytes);
    let read = open(&bytes, &OpenOptions::new().map(MapChoice::Never)).unwrap();
    assert!(read.is_in_memory());
    assert_eq!(read.bytes(), bytes);
    // Too small to be worth a mapping.
    assert!(open(&dump(1000), &OpenOptions::new()).unwrap().is_in_memory());
}

#[test]
fn every_packing_opens_in_memory_and_in_a_temporary_file() {
    let bytes = dump(300_000);
    let packed = [
        (Packing::Zstd, zstd::encode_all(&bytes[..], 1).unwrap()),
        (Packing::Gzip, gzip(&bytes)),
        (Packing::Zip, zip(&[("readme.txt", b"MD"), ("a/w3wp.dmp", &bytes)])),
    ];
    for (packing, file) in packed {
        // The budget is met exactly, and missed by one.
        for (budget, in_memory) in [(300_000, true), (299_999, false), (0, false)] {
            let options = OpenOptions::new().memory_budget(budget);
            let dump = open(&file, &options).unwrap();
            assert_eq!(dump.packing(), Some(packing));
            assert_eq!(dump.is_in_memory(), in_memory, "{packing} {budget}");
            assert!(dump.bytes() == bytes, "{packing} {budget}");
        }
    }
}

#[test]
fn windows_of_two_gigabytes_and_several_frames_are_unpacked() {
    let bytes = dump(100_000);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.long_distance_matching(true).unwrap();
    encoder.write_all(&bytes[..60_000]).unwrap();
    let mut file = encoder.finish().unwrap();
    // A frame to be skipped, then a second one with data.
    file.extend([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 0xff, 0xff]);
    file.extend(zstd::encode_all(&bytes[60_000..], 1).unwrap());
    assert!(open(&file, &OpenOptions::new()).unwrap().bytes() == bytes);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let bytes = dump(3_000_000);
    let packed = zstd::encode_all(&bytes[..], 1).unwrap();
    for budget in [0, 1 << 30] {
        let options = OpenOptions::new().memory_budget(budget).max_unpacked(2_999_999);
        let error = open(&packed, &options).unwrap_err();
        assert!(matches!(error, OpenError::TooLarge { limit: 2_999_999, .. }), "{error}");
        assert!(open(&packed, &options.max_unpacked(3_000_000)).is_ok());
    }
}

#[test]
fn packed_files_that_end_early_say_so() {
    let bytes = dump(300_000);
    for (name, packed) in [
        (".zst", zstd::encode_all(&bytes[..], 1).unwrap()),
        (".gz", gzip(&bytes)),
        (".zip", zip(&[("w3wp.dmp", &bytes)])),
    ] {
        let error = message(&packed[..packed.len() - 1000]);
        assert!(error.contains(name) && error.contains("copy or download it again"), "{error}");
    }
}

#[test]
fn archives_need_exactly_one_dump() {
    let bytes = dump(100);
    let none = message(&zip(&[("a.txt", b"text")]));
    assert!(none.contains("holds no minidump among its 1 files"), "{none}");
    let two = message(&zip(&[("a.dmp", &bytes), ("b.txt", b"text"), ("c.dmp", &bytes)]));
    assert!(two.contains("holds 2 dumps (a.dmp, c.dmp)"), "{two}");
}

#[test]
fn each_lookalike_is_named() {
    let mut elf = Vec::from(*b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0");
    elf.resize(64, 0);
    let macho = b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x04\0\0\0";
    let gcdump = b"\x14\0\0\0!FastSerialization.1\x05\x05\x01\x0a\0\0\0GCHeapDump";
    for (bytes, expected) in [
        (&elf[..], "a Linux core dump (ELF)"),
        (&macho[..], "a macOS core dump"),
        (&gcdump[..], "a heap snapshot (.gcdump)"),
        (&b"Nettrace\x14\0\0\0!FastSerialization.1"[..], "an event trace"),
        (&b"PAGEDU64\x0f\0\0\0"[..], "a crash dump of the Windows kernel"),
        (&b"MZ\x90\0\x03\0\0\0"[..], "a program or library of Windows"),
        (&b"7z\xbc\xaf\x27\x1c\0\x04"[..], "a .7z archive; unpack it first"),
        (&b"[error] dump failed\n"[..], "this is text"),
        (&[0; 100][..], "begins with zeroes only"),
        (&[0xff, 0xfe, 0xfd][..], "of no known kind"),
        (&b"MDMP\x93\xa7"[..], "of which only 6 bytes are left"),
        (&b""[..], "the file is empty"),
    ] {
        let plain = message(bytes);
        assert!(plain.contains(expected), "{plain}");
        let packed = message(&zstd::encode_all(bytes, 1).unwrap());
        assert!(packed.contains(expected), "{packed}");
    }
}

#[test]
fn missing_files_and_folders_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let missing = DumpFile::open(&folder.path().join("no.dmp"), &OpenOptions::new());
    assert!(matches!(missing, Err(OpenError::NotFound { .. })));
    let folder = DumpFile::open(folder.path(), &OpenOptions::new());
    assert!(matches!(folder, Err(OpenError::Directory { .. })));
}
