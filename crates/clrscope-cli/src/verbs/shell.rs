//! `shell`: the verbs, one after the other, on a dump that stays open.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use clap::{Args, FromArgMatches};
use rustyline::error::ReadlineError;

use crate::completion::Candidates;
use crate::context::{Context, Program, refuse_overwriting};
use crate::exit::{Failure, Outcome};
use crate::globals::Globals;
use crate::lines::{Lines, usual_file};
use crate::verb::{Action, Group};
use crate::words::{Target, split};
use crate::{spelling, usage};

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Shell {
    /// Run this command and end; may be given several times
    #[arg(short = 'c', long = "command", value_name = "COMMAND")]
    commands: Vec<String>,

    /// File that keeps the lines that were typed; by default .clrscope_history in the home directory
    #[arg(long, value_name = "FILE", conflicts_with = "no_history")]
    history: Option<PathBuf>,

    /// Keep no lines
    #[arg(long)]
    no_history: bool,
}

const HELP: &str = "\
A line is a verb with its options, without the dump: dumpheap -stat
  VERB ... | PROGRAM      gives the answer to a program, as in | grep Session
  VERB ... > FILE         writes the answer to a file; >> adds to its end
  VERB -h                 explains a verb
  help                    lists the verbs
  exit                    ends (so does Ctrl-D)
Tab completes verbs, options, types and addresses.";

impl Action for Shell {
    const NAME: &'static str = "shell";
    const GROUP: Group = Group::Tools;
    const ABOUT: &'static str = "The verbs, one after the other, on a dump that stays open";
    const EXAMPLES: &'static str = "
        clrscope shell app.dmp
        clrscope shell app.dmp -c \"dumpheap -stat\" -c \"threads --format json > threads.json\"
        clrscope shell app.dmp < commands.txt
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        if context.globals().output.is_some() {
            return Err(Failure::Usage(
                "a shell has no answer of its own; use > FILE in it".into(),
            ));
        }
        let mut session = Session { context, last: Outcome::Done };
        if !self.commands.is_empty() {
            self.commands.iter().for_each(|line| session.line(line));
            return Ok(session.last);
        }
        if !io::stdin().is_terminal() {
            for line in io::stdin().lock().lines() {
                if session.is_end(&line?) {
                    break;
                }
            }
            return Ok(session.last);
        }
        self.converse(&mut session)
    }
}

impl Shell {
    /// Takes lines from a person.
    fn converse(&self, session: &mut Session<'_, '_>) -> Result<Outcome, Failure> {
        let failed = |error: ReadlineError| Failure::Output(io::Error::other(error));
        let candidates = Candidates::new(session.context, (session.context.program().command)());
        let mut lines = Lines::new(candidates, self.history_file()).map_err(failed)?;
        println!("{HELP}");
        while let Some(line) = lines.next().map_err(failed)? {
            if session.is_end(&line) {
                break;
            }
        }
        if let Err((history, error)) = lines.save() {
            eprintln!("clrscope: {} cannot be written: {error}", history.display());
        }
        Ok(Outcome::Done)
    }

    fn history_file(&self) -> Option<PathBuf> {
        if self.no_history {
            return None;
        }
        self.history.clone().or_else(|| usual_file(std::env::home_dir().as_deref()))
    }
}

/// The commands of a shell.
struct Session<'a, 'd> {
    context: &'a Context<'d>,
    /// How the last of those came out that did not go well.
    last: Outcome,
}

impl Session<'_, '_> {
    /// Runs a line; says whether it is the one that ends the shell.
    fn is_end(&mut self, line: &str) -> bool {
        let is_end = matches!(line.trim(), "exit" | "quit" | "q");
        if !is_end {
            self.line(line);
        }
        is_end
    }

    /// Runs a line and says what is wrong with it.
    fn line(&mut self, line: &str) {
        match self.run(line) {
            Ok(Outcome::Done) => {}
            Ok(outcome) => self.last = outcome,
            Err(failure) if failure.is_closed_pipe() => {}
            Err(failure) => {
                eprintln!("clrscope: {failure}");
                self.last = Outcome::Reported(failure.code());
            }
        }
    }

    fn run(&self, line: &str) -> Result<Outcome, Failure> {
        let line = split(line).map_err(Failure::Usage)?;
        let Some((name, options)) = line.words.split_first() else { return Ok(Outcome::Done) };
        let Program { command, verb } = self.context.program();
        let program = command().args_override_self(true);
        let path = self.context.path();
        let words = match (name.as_str(), options) {
            ("help" | "?", []) => vec!["--help".into()],
            ("help" | "?", [verb, ..]) => vec![verb.into(), "--help".into()],
            _ => {
                let mut words = vec![name.into(), path.as_os_str().to_owned()];
                words.extend(self.context.globals().arguments());
                words.extend(options.iter().map(Into::into));
                words
            }
        };
        let words = std::iter::once("clrscope".into()).chain(words).collect();
        let words = spelling::normalise(words, &program);
        let matches = match program.clone().try_get_matches_from(&words) {
            Ok(matches) => matches,
            Err(error) if usage::is_help(&error) => {
                error.print()?;
                return Ok(Outcome::Done);
            }
            Err(error) => return Err(Failure::Usage(usage::explain(&error, &words, &program))),
        };
        let usage = |error: clap::Error| Failure::Usage(error.to_string());
        let mut globals = Globals::from_arg_matches(&matches).map_err(usage)?;
        let found = matches.subcommand().filter(|(name, _)| *name != Shell::NAME);
        let Some((run, matches)) = found.and_then(|(name, matches)| Some((verb(name)?, matches)))
        else {
            return Err(Failure::Usage("that is no verb for a dump that is open".to_owned()));
        };
        if let Target::File(file) = &line.target {
            globals.output = Some(file.clone());
        }
        if let Target::File(file) | Target::Append(file) = &line.target {
            refuse_overwriting(path, file)?;
        }
        if let Some(file) = &globals.output {
            refuse_overwriting(path, file)?;
        }
        let context = self.context.of_command(globals);
        match &line.target {
            Target::Standard | Target::File(_) => run(matches, &context),
            Target::Append(file) => {
                let file = OpenOptions::new().append(true).create(true).open(file)?;
                run(matches, &context.writing_to(Box::new(file)))
            }
            Target::Program(command) => {
                let mut child = start(command)?;
                let Some(input) = child.stdin.take() else { return Ok(Outcome::Done) };
                let outcome = run(matches, &context.writing_to(Box::new(input)));
                child.wait()?;
                outcome
            }
        }
    }
}

/// Starts a command of the system's shell that reads what is written to it.
fn start(command: &str) -> io::Result<Child> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    Command::new(shell).args([option, command]).stdin(Stdio::piped()).spawn()
}
