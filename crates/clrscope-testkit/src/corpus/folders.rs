//! Where the dumps are.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of this checkout.
fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The root of the main checkout, if this one is a linked worktree of it; else of this one.
fn main_checkout() -> PathBuf {
    let checkout = checkout();
    // In a linked worktree, `.git` is a file that says "gitdir: MAIN/.git/worktrees/NAME".
    let main = fs::read_to_string(checkout.join(".git")).ok().and_then(|text| {
        let git = PathBuf::from(text.strip_prefix("gitdir:")?.trim());
        git.ancestors().nth(3).map(Path::to_owned)
    });
    main.filter(|main| main.join("Cargo.toml").is_file()).unwrap_or(checkout)
}

/// The folder of the dumps that belong to the project.
pub(super) fn testdata() -> PathBuf {
    checkout().join("testdata")
}

/// The folder of the wider corpus, if it is there.
pub(super) fn wider_corpus() -> Option<PathBuf> {
    let folder = match std::env::var_os("CLRSCOPE_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => main_checkout().join("../shared/corpus"),
    };
    folder.is_dir().then_some(folder)
}

/// The folder into which dumps are unpacked.
pub(super) fn unpacked() -> PathBuf {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        // Relative to where cargo was called, which is not known here: most likely the root.
        Some(target) => checkout().join(target),
        None => main_checkout().join("target"),
    };
    target.join("clrscope-dumps")
}
