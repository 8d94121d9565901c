//! Options that every verb takes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use clrscope::clr::LayoutMode;
use clrscope_report::Format;

use crate::value;

/// Options that every verb takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Form of the answer; text is for people only
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: FormatName,

    /// Number of the runtime, if the process has several; `info` lists them
    #[arg(long, global = true, value_name = "N", value_parser = value::count)]
    pub(crate) runtime: Option<usize>,

    /// Directory with images that the dump lacks, matched by identity; may be given several times
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) modules: Vec<PathBuf>,

    /// How the layout of the runtime's structures is found
    #[arg(long, global = true, value_name = "HOW", default_value = "auto")]
    pub(crate) layout: LayoutChoice,

    /// Threads to work with; by default one for each core
    #[arg(long, global = true, value_name = "N", value_parser = value::count)]
    pub(crate) threads: Option<usize>,

    /// Memory that the analysis may use, as in 512M or 4G
    #[arg(long, global = true, value_name = "SIZE", value_parser = value::size)]
    pub(crate) memory: Option<u64>,

    /// Time after which the analysis stops, as in 90s or 5m
    #[arg(long, global = true, value_name = "DURATION", value_parser = value::duration)]
    pub(crate) timeout: Option<Duration>,

    /// How names of types are spelled
    #[arg(long, global = true, value_name = "STYLE", default_value = "csharp")]
    pub(crate) names: NameChoice,

    /// Columns and wording of .NET Framework's SOS, where the verb has them
    #[arg(long, global = true)]
    pub(crate) classic: bool,

    /// List everything that was wrong with the dump, each with its place
    #[arg(long, global = true)]
    pub(crate) issues: bool,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,

    /// Show no progress, even on a terminal
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,

    /// File to write the answer to, instead of standard output
    #[arg(short = 'o', long, global = true, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Globals {
    /// The options that differ from their defaults, as they would be written; those left out that say how
    /// the dump is opened, and the file of the answer.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        fn name(value: &impl ValueEnum) -> String {
            value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
        }
        let mut arguments = vec![
            format!("--format={}", name(&self.format)),
            format!("--names={}", name(&self.names)),
            format!("--color={}", name(&self.color)),
        ];
        arguments.extend(self.runtime.map(|runtime| format!("--runtime={runtime}")));
        arguments.extend(self.memory.map(|bytes| format!("--memory={bytes}")));
        let timeout = self.timeout.map(humantime::format_duration);
        arguments.extend(timeout.map(|timeout| format!("--timeout={timeout}")));
        arguments.extend(self.classic.then(|| "--classic".to_owned()));
        arguments.extend(self.no_progress.then(|| "--no-progress".to_owned()));
        arguments.into_iter().map(OsString::from).collect()
    }
}

/// The names of [`Format`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    Text,
    Json,
    Tsv,
    Csv,
}

impl From<LayoutChoice> for LayoutMode {
    fn from(choice: LayoutChoice) -> Self {
        match choice {
            LayoutChoice::Auto => LayoutMode::Auto,
            LayoutChoice::Infer => LayoutMode::Infer,
        }
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Format::Text,
            FormatName::Json => Format::Json,
            FormatName::Tsv => Format::Tsv,
            FormatName::Csv => Format::Csv,
        }
    }
}

/// How the layout of a runtime is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayoutChoice {
    /// By the best source that there is for each structure.
    Auto,
    /// Without what the runtime says of itself and what was measured on its version: by what must hold in
    /// every runtime. Only the heap can be read by that, and no names
    Infer,
}

/// How names of types are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NameChoice {
    /// `System.Collections.Generic.List<System.String>`
    Csharp,
    /// ``System.Collections.Generic.List`1[[System.String, System.Private.CoreLib]]``
    Sos,
}

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    Always,
    Never,
}

impl ColorChoice {
    /// Whether text on a terminal or elsewhere has colours, where the environment has refused them or not:
    /// <https://no-color.org>. An option says more than the environment.
    pub(crate) const fn shows(self, is_terminal: bool, is_refused: bool) -> bool {
        match self {
            ColorChoice::Auto => is_terminal && !is_refused,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_owner_wants_them() {
        assert!(ColorChoice::Auto.shows(true, false));
        assert!(!ColorChoice::Auto.shows(true, true) && !ColorChoice::Auto.shows(false, false));
        assert!(ColorChoice::Always.shows(false, true) && !ColorChoice::Never.shows(true, false));
    }
}
