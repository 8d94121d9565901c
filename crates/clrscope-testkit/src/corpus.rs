//! The real dumps.
//!
//! Those of the project's `testdata/` are always there. Those of the wider corpus are looked for in the
//! folder that the environment variable `CLRSCOPE_CORPUS` names, else in `shared/corpus` beside the
//! checkout (for a linked worktree of git: beside the main checkout). What is not there is skipped,
//! by name: see [`skipped`].
//!
//! Dumps are unpacked once into `clrscope-dumps` in the build's target folder, whichever test comes
//! first; all test processes, and all worktrees, share them.

mod cache;
mod folders;
mod oracle;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};

pub use oracle::{
    Address, Domain, Field, Finalizable, Frame, Handle, Heap, HeapString, Module, Oracle, Root,
    Segment, StaticField, SyncBlock, Thread, ThrownException, TypeCount, TypeDetails,
};

/// The dumps of the wider corpus and the archive that holds each.
const WIDER_CORPUS: [(&str, &str); 14] = [
    ("core21-x64-wks-all", "corpus"),
    ("core31-x64-svr-all", "corpus"),
    ("core31-x64-wks-all", "corpus"),
    ("core31-x86-wks-all", "corpus"),
    ("net10-x64-svr-all", "corpus"),
    ("net6-x64-wks-all", "corpus"),
    ("net8-x64-case001", "corpus"),
    ("net8-x64-clrgc-all", "corpus"),
    ("net8-x64-svr-all", "corpus"),
    ("net8-x64-wks-all", "corpus"),
    ("net9-x64-series-1", "series"),
    ("net9-x64-series-2", "series"),
    ("net9-x64-series-3", "series"),
    ("net9-x64-wks-all", "corpus"),
];

/// A real dump, unpacked, and what is known of it.
#[derive(Debug, Clone)]
pub struct CorpusDump {
    name: String,
    path: PathBuf,
    folder: PathBuf,
}

impl CorpusDump {
    /// The dump's name: `net9-x64-wks-all`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The dump itself: a file that is not compressed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All bytes of the dump.
    ///
    /// # Panics
    /// If the file cannot be read.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// What the process said that it holds, just before the dump was written. Values are numbers,
    /// booleans and strings; addresses are strings like `0x7f0ed7b9b048`.
    ///
    /// # Panics
    /// If the file is there and not readable.
    pub fn truth(&self) -> Option<serde_json::Value> {
        let path = self.folder.join(format!("{}.truth.json", self.name));
        let text = fs::read(&path).ok()?;
        Some(serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    }

    /// The address that the truth names with `key` (`address.roots.static`).
    pub fn truth_address(&self, key: &str) -> Option<u64> {
        let truth = self.truth()?;
        u64::from_str_radix(truth.get(key)?.as_str()?.strip_prefix("0x")?, 16).ok()
    }

    /// The count that the truth names with `key` (`leak.entries`).
    pub fn truth_count(&self, key: &str) -> Option<u64> {
        self.truth()?.get(key)?.as_u64()
    }

    /// What ClrMD with the runtime's own DAC reads from the dump.
    ///
    /// # Panics
    /// If the file is there and not readable.
    pub fn oracle(&self) -> Option<Oracle> {
        let path = self.folder.join(format!("{}.oracle.json.zst", self.name));
        let file = fs::File::open(&path).ok()?;
        let text = zstd::decode_all(file).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Some(serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    }
}

/// All dumps that are there, in order of their names.
///
/// # Panics
/// If a dump that is there cannot be unpacked (for the wider corpus: only where `CI` is set).
pub fn dumps() -> Vec<CorpusDump> {
    let mut dumps = testdata();
    dumps.extend(WIDER_CORPUS.iter().filter_map(|(name, archive)| from_wider(name, archive)));
    dumps.sort_by(|a, b| a.name.cmp(&b.name));
    dumps
}

/// The dumps of `testdata/`, in order of their names.
///
/// # Panics
/// If one cannot be unpacked.
pub fn testdata() -> Vec<CorpusDump> {
    testdata_names().iter().map(|name| from_testdata(name)).collect()
}

/// The dump called `name`; `None` if it belongs to the wider corpus and that is not there.
///
/// # Panics
/// If nothing is called `name`, or what is there cannot be unpacked.
pub fn dump(name: &str) -> Option<CorpusDump> {
    if let Some((name, archive)) = WIDER_CORPUS.iter().find(|(known, _)| *known == name) {
        return from_wider(name, archive);
    }
    assert!(testdata_names().iter().any(|known| known == name), "no dump is called {name}");
    Some(from_testdata(name))
}

/// The names of the dumps that this process has asked for and did not get.
pub fn skipped() -> Vec<String> {
    SKIPPED.lock().map(|names| names.clone()).unwrap_or_default()
}

static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn skip(name: &str, why: &str) {
    if let Ok(mut names) = SKIPPED.lock()
        && !names.iter().any(|known| known == name)
    {
        names.push(name.to_owned());
        eprintln!("skipped {name}: {why} ({} skipped)", names.len());
    }
}

fn testdata_names() -> Vec<String> {
    let folder = folders::testdata();
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix(".dmp.zst").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn from_testdata(name: &str) -> CorpusDump {
    let folder = folders::testdata();
    let packed = folder.join(format!("{name}.dmp.zst"));
    let path = cache::unpacked_dump(&packed, name)
        .unwrap_or_else(|error| panic!("{}: {error}", packed.display()));
    CorpusDump { name: name.to_owned(), path, folder }
}

fn from_wider(name: &str, archive: &str) -> Option<CorpusDump> {
    let Some(folder) = folders::wider_corpus() else {
        skip(name, "the wider corpus is not there");
        return None;
    };
    let packed = folder.join(format!("{archive}.tar.zst"));
    match cache::unpacked_archive(&packed) {
        Ok(unpacked) => {
            let path = unpacked.join(format!("{name}.dmp"));
            assert!(path.is_file(), "{} does not hold {name}", packed.display());
            Some(CorpusDump { name: name.to_owned(), path, folder })
        }
        Err(error) => {
            static SAID: Once = Once::new();
            let why = format!("{}: {error}", packed.display());
            assert!(std::env::var_os("CI").is_none(), "{why}");
            SAID.call_once(|| eprintln!("{why}"));
            skip(name, "it cannot be unpacked");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dump_is_one_and_has_what_is_known_of_it() {
        let dumps = dumps();
        for dump in &dumps {
            let mut magic = [0; 4];
            let mut file = fs::File::open(dump.path()).expect("the unpacked dump");
            std::io::Read::read_exact(&mut file, &mut magic).expect("four bytes");
            assert_eq!(&magic, b"MDMP", "{}", dump.name());
            let truth = dump.truth();
            if let Some(oracle) = dump.oracle() {
                let bytes = if dump.name().contains("x86") { 4 } else { 8 };
                assert_eq!(oracle.pointer_size, bytes, "{}", dump.name());
                assert_eq!(oracle.objects, oracle.types.iter().map(|t| t.count).sum::<u64>());
                assert!(truth.is_some(), "{}", dump.name());
            }
        }
        assert_eq!(dumps.len() + skipped().len(), testdata_names().len() + WIDER_CORPUS.len());
        assert!(dumps.iter().filter(|dump| dump.oracle().is_some()).count() >= 5);
    }

    #[test]
    fn the_truth_answers_by_key() {
        let dump = dump("net10-x64-wks-all").expect("a dump of testdata");
        assert_eq!(dump.truth_count("leak.entries"), Some(20000));
        assert!(dump.truth_address("address.leak.dictionary").is_some());
        assert_eq!(dump.truth_count("no such key"), None);
    }
}
