//! `make-heap FILE OBJECTS [x64|x86] [regions|segments] [HEAPS]`: writes a dump of a synthetic process to FILE, and what
//! is in it to FILE.truth.json. With HEAPS, the server GC is in use.

use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;

use clrscope_testkit::clr::{ProcessOptions, large};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(objects)) = (arguments.next(), arguments.next()) else {
        return Err("usage: make-heap FILE OBJECTS [x64|x86] [regions|segments] [HEAPS]".into());
    };
    let mut options = ProcessOptions::x64();
    for argument in arguments {
        match argument.as_str() {
            "x64" => options.wide = true,
            "x86" => options.wide = false,
            "regions" => options.regions = true,
            "segments" => options.regions = false,
            heaps => {
                options.heaps = heaps.parse()?;
                options.server = true;
            }
        }
    }
    let file = PathBuf::from(file);
    let out = BufWriter::with_capacity(1 << 20, File::create(&file)?);
    let (_, truth) = large(options, objects.parse()?, 1, out)?;
    let used: Vec<_> = truth.types.iter().filter(|kind| 0 < kind.count).collect();
    let text = json!({
        "objects": truth.objects,
        "bytes": truth.bytes,
        "references": truth.references,
        "addressHashFnv1a": format!("{:#x}", truth.address_hash),
        "referenceHash": format!("{:#x}", truth.reference_hash),
        "types": used
            .iter()
            .map(|kind| json!({"name": kind.name, "count": kind.count, "bytes": kind.bytes}))
            .collect::<Vec<_>>(),
    });
    fs::write(file.with_extension("truth.json"), serde_json::to_vec_pretty(&text)?)?;
    println!(
        "{}: {} objects of {} types, {} bytes, {} references",
        file.display(),
        truth.objects,
        used.len(),
        truth.bytes,
        truth.references
    );
    Ok(())
}
