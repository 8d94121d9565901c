//! The clrscope program: options, progress and exit codes around the libraries, nothing else.
//!
//! * `program.rs`: the command line as a whole; `globals.rs`: what every verb takes;
//! * `spelling.rs`: the spellings of WinDbg and `dotnet-dump`; `usage.rs`: what to say of wrong ones;
//! * `verb.rs`: what a verb is; `verbs/`: one file for each;
//! * `context.rs`: what a verb works with and answers through; `exit.rs`: how it ends;
//! * `similar.rs`: what somebody may have meant;
//! * `lines.rs`, `words.rs` and `completion.rs`: lines of the shell; `generate.rs`: completions for other shells, man pages.

mod completion;
mod context;
mod exit;
mod generate;
mod globals;
mod lines;
mod object;
mod program;
mod progress;
mod similar;
mod sos_verbs;
mod spelling;
mod thread_choice;
mod usage;
mod value;
mod verb;
mod verbs;
mod words;

use std::process::ExitCode;
use std::rc::Rc;

use clap::{ArgMatches, FromArgMatches};

use crate::context::{Context, Opened};
use crate::exit::{Failure, Outcome};
use crate::globals::Globals;
use crate::program::PROGRAM;

fn main() -> ExitCode {
    let program = (PROGRAM.command)();
    let arguments = spelling::normalise(std::env::args_os().collect(), &program);
    let matches = match program.clone().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        // Help, to who asked for it or said nothing at all.
        Err(error) if usage::is_help(&error) || arguments.len() < 2 => error.exit(),
        Err(error) => {
            eprintln!("clrscope: {}", usage::explain(&error, &arguments, &program));
            return Outcome::Reported(2).code().into();
        }
    };
    match answer(&matches) {
        Ok(outcome) => outcome.code().into(),
        Err(failure) => {
            if !failure.is_closed_pipe() {
                eprintln!("clrscope: {failure}");
            }
            failure.code().into()
        }
    }
}

fn answer(matches: &ArgMatches) -> Result<Outcome, Failure> {
    let usage = |error: clap::Error| Failure::Usage(error.to_string());
    let globals = Globals::from_arg_matches(matches).map_err(usage)?;
    if let Some(outcome) = generate::run(matches, PROGRAM.command)? {
        return Ok(outcome);
    }
    // clap lets only verbs of the table through.
    let Some((run, matches)) =
        matches.subcommand().and_then(|(name, matches)| Some(((PROGRAM.verb)(name)?, matches)))
    else {
        return Err(Failure::Usage("no such verb".to_owned()));
    };
    if let Some(threads) = globals.threads {
        // Fails only if somebody made a pool before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let dump = context::open(matches, &globals)?;
    let opened = Rc::new(Opened::new(&dump)?);
    run(matches, &Context::new(PROGRAM, opened, globals))
}
