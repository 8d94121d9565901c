//! Writes the inputs that fuzzing begins with: `seeds/<target>/` beside this package's manifest.

use std::fs;
use std::path::Path;

#[path = "../../../crates/clrscope-minidump/tests/support/synthetic.rs"]
mod synthetic;

fn main() -> std::io::Result<()> {
    let everything = synthetic::everything();
    write("minidump", "lists", &everything.to_bytes())?;
    let memory: [(u64, &[u8]); 2] = [(0x4000, b"more"), (0x1002, b"XYZ")];
    write("minidump", "memory", &everything.to_bytes_with_memory(&memory))
}

fn write(target: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}
