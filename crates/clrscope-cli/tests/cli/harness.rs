//! Runs the program.

use std::path::Path;
use std::process::{Command, Output};

use clrscope_testkit::corpus;

/// What a run of the program came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The answer without what changes from build to build, and what it ended with.
    pub(crate) fn redacted(&self) -> String {
        let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        let text = self.stdout.replace(&version, "\"version\": \"[version]\"");
        format!("{}{text}--- exit code {}\n", counts_left_out(&self.stderr), self.code)
    }

    /// The answer as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }
}

/// Diagnostics, marked as such.
fn counts_left_out(stderr: &str) -> String {
    stderr.lines().map(|line| format!("stderr: {line}\n")).collect()
}

/// Runs the program in `folder`.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_clrscope"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code().expect("it ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("it prints text"),
        stderr: String::from_utf8(output.stderr).expect("it prints text"),
    }
}

/// Runs the program on a dump of `testdata/`: `DUMP` in the line stands for its name.
pub(crate) fn run(dump: &str, line: &str) -> Run {
    let dump = corpus::dump(dump).expect("it is in testdata");
    let folder = dump.path().parent().expect("a file is in a folder");
    let name = dump.path().file_name().and_then(|name| name.to_str()).expect("a name");
    let words: Vec<&str> =
        line.split(' ').map(|word| if word == "DUMP" { name } else { word }).collect();
    run_in(folder, &words)
}

/// A test for each line: what a command answers about a dump is what it answered before. Commands are
/// run by `run`, or by the function behind `with`.
macro_rules! snapshots {
    (with $run:path; $($name:ident: $dump:expr, $line:literal;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!($run($dump, $line).redacted());
        })*
    };
    ($($lines:tt)*) => {
        $crate::harness::snapshots! { with $crate::harness::run; $($lines)* }
    };
}
pub(crate) use snapshots;
