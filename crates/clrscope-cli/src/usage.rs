//! What is wrong with a command line: one line that names the remedy.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use crate::{similar, sos_verbs, spelling};

/// Whether this is no mistake of the user's but what was asked for: help, the version.
pub(crate) fn is_help(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// Says in one line what is wrong with `arguments` (the first is the program), and what would be right.
pub(crate) fn explain(error: &Error, arguments: &[OsString], program: &Command) -> String {
    if let (ErrorKind::InvalidSubcommand, Some(ContextValue::String(word))) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand))
    {
        return unknown_verb(word, program);
    }
    let verb = spelling::verb(arguments, program);
    let line = misspelled(error, arguments, program, verb.as_deref())
        .unwrap_or_else(|| one_line(&error.render().to_string()));
    match verb {
        Some(verb) => format!("{line}; `clrscope {verb} -h` shows what {verb} takes"),
        None => format!("{line}; `clrscope help` lists verbs and options"),
    }
}

fn unknown_verb(word: &str, program: &Command) -> String {
    if Path::new(word).is_file() {
        return format!(
            "{word} is a file and no verb: say what to do with it, as in `clrscope diagnose {word}`"
        );
    }
    let names = program
        .get_subcommands()
        .flat_map(|verb| std::iter::once(verb.get_name()).chain(verb.get_all_aliases()));
    let wanted = word.trim_start_matches('!').to_ascii_lowercase();
    if let Some(instead) = sos_verbs::instead_of(&wanted) {
        return format!("there is no verb '{word}': {instead}; `clrscope help` lists all");
    }
    let near = similar::nearest(&wanted, names);
    let names: Vec<String> = near.iter().map(|name| format!("'{name}'")).collect();
    match names.is_empty() {
        true => format!("there is no verb '{word}'; `clrscope help` lists all"),
        false => format!(
            "there is no verb '{word}': did you mean {}? `clrscope help` lists all",
            names.join(" or ")
        ),
    }
}

/// What is wrong with an option of several letters behind one dash: of `-stta`, clap sees `-s` only.
fn misspelled(
    error: &Error,
    arguments: &[OsString],
    program: &Command,
    verb: Option<&str>,
) -> Option<String> {
    let (ErrorKind::UnknownArgument, Some(ContextValue::String(letter))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return None;
    };
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let word = words.find(|word| word.len() > letter.len() && word.starts_with(letter.as_str()))?;
    if word.starts_with("--") {
        return None;
    }
    let name = word.trim_start_matches('-').to_ascii_lowercase();
    let verb = verb.and_then(|verb| program.find_subcommand(verb));
    let options = verb.into_iter().flat_map(Command::get_arguments).chain(program.get_arguments());
    let near = similar::nearest(&name, options.filter_map(|option| option.get_long()));
    let similar = near.first().map(|long| format!("; a similar argument exists: '-{long}'"));
    Some(format!("unexpected argument '{word}' found{}", similar.unwrap_or_default()))
}

/// What clap says of an error without its usage, on one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more "));
    let mut said = String::new();
    for line in lines {
        // That a word can be quoted does not help who misspelled an option.
        if line.starts_with("tip: to pass ") {
            continue;
        }
        let line = line.trim_start_matches("error: ").trim_start_matches("tip: ");
        let between = match said.chars().last() {
            None => "",
            Some(':') => " ",
            Some(_) if line.starts_with(['[', '-']) => " ",
            Some(_) => "; ",
        };
        said.push_str(between);
        said.push_str(line);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program;

    fn said(line: &str) -> String {
        let program = program::command();
        let words = std::iter::once("clrscope").chain(line.split(' ')).map(OsString::from);
        let words = spelling::normalise(words.collect(), &program);
        let error = program.clone().try_get_matches_from(&words).expect_err(line);
        explain(&error, &words, &program)
    }

    #[test]
    fn a_mistake_is_one_line_with_its_remedy() {
        for (line, expected) in [
            (
                "dumpheep a.dmp",
                "there is no verb 'dumpheep': did you mean 'dumpheap'? `clrscope help` lists all",
            ),
            ("xyzzy", "there is no verb 'xyzzy'; `clrscope help` lists all"),
            (
                "dumpheap",
                "the following required arguments were not provided: <DUMP>; `clrscope dumpheap -h` shows \
                 what dumpheap takes",
            ),
            (
                "!DumpHeap a.dmp -stta",
                "unexpected argument '-stta' found; a similar argument exists: '-stat'; `clrscope \
                 dumpheap -h` shows what dumpheap takes",
            ),
            (
                "dumpheap a.dmp --stta",
                "unexpected argument '--stta' found; a similar argument exists: '--stat'; `clrscope \
                 dumpheap -h` shows what dumpheap takes",
            ),
            (
                "info a.dmp --format xml",
                "invalid value 'xml' for '--format <FORMAT>' [possible values: text, json, tsv, csv]; \
                 `clrscope info -h` shows what info takes",
            ),
            (
                "info a.dmp --timeout abc",
                "invalid value 'abc' for '--timeout <DURATION>': a duration is a number and a unit, as in \
                 90s or 5m; `clrscope info -h` shows what info takes",
            ),
            (
                "do a.dmp xyz",
                "invalid value 'xyz' for '<ADDRESS>': an address is at most 16 hexadecimal digits; \
                 `clrscope do -h` shows what do takes",
            ),
            (
                "--nonsense",
                "unexpected argument '--nonsense' found; `clrscope help` lists verbs and options",
            ),
            (
                "Cargo.toml",
                "Cargo.toml is a file and no verb: say what to do with it, as in `clrscope diagnose \
                 Cargo.toml`",
            ),
        ] {
            assert_eq!(said(line), expected, "{line}");
        }
    }
}
