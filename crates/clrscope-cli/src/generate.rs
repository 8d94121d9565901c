//! Completions for the system's shells, and man pages: what packages install beside the program.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::exit::{Failure, Outcome};

const COMPLETIONS: &str = "completions";
const MAN: &str = "man";

/// The commands that are about no dump.
pub(crate) fn commands() -> [Command; 2] {
    let shell = Arg::new("shell").value_name("SHELL").required(true);
    let shell = shell.value_parser(value_parser!(Shell)).help("The shell to complete words in");
    let directory = Arg::new("directory").value_name("DIR").required(true);
    let directory = directory
        .value_parser(value_parser!(PathBuf))
        .help("Where the pages go: clrscope.1 and one for each verb");
    [
        Command::new(COMPLETIONS)
            .about("Completions of verbs and options for bash, zsh, fish, PowerShell and elvish")
            .arg(shell)
            .after_help(
                "Examples:\n  clrscope completions bash > /etc/bash_completion.d/clrscope\n  \
                 clrscope completions powershell >> $PROFILE\n",
            ),
        Command::new(MAN)
            .about("Manual pages")
            .arg(directory)
            .after_help("Examples:\n  clrscope man /usr/local/share/man/man1\n"),
    ]
}

/// Does what one of these commands asks for about the whole `program`; `None` if it is another.
pub(crate) fn run(
    matches: &ArgMatches,
    program: fn() -> Command,
) -> Result<Option<Outcome>, Failure> {
    match matches.subcommand() {
        Some((COMPLETIONS, matches)) => {
            let Some(shell) = matches.get_one::<Shell>("shell") else { return Ok(None) };
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut program(), "clrscope", &mut script);
            io::stdout().lock().write_all(&script)?;
        }
        Some((MAN, matches)) => {
            let Some(directory) = matches.get_one::<PathBuf>("directory") else { return Ok(None) };
            std::fs::create_dir_all(directory)?;
            clap_mangen::generate_to(program(), directory)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(Outcome::Done))
}
