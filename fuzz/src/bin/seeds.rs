//! Writes the inputs that fuzzing begins with: `seeds/<target>/` beside this package's manifest.

use std::fs;
use std::path::Path;

use clrscope_image::PeImage;
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus;

#[path = "../../../crates/clrscope-minidump/tests/support/synthetic.rs"]
mod synthetic;

fn main() -> std::io::Result<()> {
    let everything = synthetic::everything();
    write("minidump", "lists", &everything.to_bytes())?;
    let memory: [(u64, &[u8]); 2] = [(0x4000, b"more"), (0x1002, b"XYZ")];
    write("minidump", "memory", &everything.to_bytes_with_memory(&memory))?;
    processes()?;
    real_processes()?;
    images()
}

/// One edit of each synthetic process: the count of its streams, a word of its heap, one of its structures.
fn processes() -> std::io::Result<()> {
    for process in 0..6u8 {
        for (name, at, kind) in [("streams", 8u32, 0), ("heap", 0x1000, 2), ("runtime", 0x100, 5)] {
            let [a, b, c, _] = at.to_le_bytes();
            let input = [process, a, b, c, kind, 8, 0, 0];
            write("clr", &format!("{name}-{process}"), &input)?;
        }
    }
    Ok(())
}

/// Each real process, each way to read it, one edit.
fn real_processes() -> std::io::Result<()> {
    for process in 0..3u8 {
        for what in 0..8u8 {
            let edit = [what * 31, 8 * process, 1, 0, what & 3, 1, 0, 0];
            write("process", &format!("{process}-{what}"), &[&[process, what][..], &edit].concat())?;
        }
    }
    Ok(())
}

/// The small images of a real dump, and their metadata.
fn images() -> std::io::Result<()> {
    let Some(dump) = corpus::dump("core31-x64-case000") else { return Ok(()) };
    let bytes = dump.bytes();
    let Ok(minidump) = Minidump::parse(&bytes) else { return Ok(()) };
    let snapshot = minidump.snapshot().value;
    for module in &snapshot.modules {
        let Ok(image) = PeImage::from_memory(&snapshot.space, module.base) else { continue };
        if let Some(metadata) = image.metadata_slice().filter(|bytes| bytes.len() < 50_000) {
            write("metadata", module.file_name(), metadata)?;
        }
        let whole = snapshot.space.slice(module.base, module.size as usize);
        if let Some(whole) = whole.filter(|bytes| bytes.len() < 200_000) {
            write("image", module.file_name(), whole)?;
        }
    }
    Ok(())
}

fn write(target: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}
