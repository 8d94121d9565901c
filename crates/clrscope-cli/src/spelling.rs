//! Command lines as fingers know them from WinDbg and `dotnet-dump`, turned into what clap parses:
//! verbs in any case, with a leading `!` or none; options of several letters behind one dash.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// Rewrites `arguments` (the first is the program) to the spelling that `program` declares. What is not
/// recognised stays as it is, so that clap complains of it in the user's own words.
pub(crate) fn normalise(arguments: Vec<OsString>, program: &Command) -> Vec<OsString> {
    let mut rewritten = Vec::with_capacity(arguments.len());
    let mut arguments = arguments.into_iter();
    rewritten.extend(arguments.next());

    let mut pending: Vec<OsString> = arguments.collect();
    let verb = find_verb(&mut pending, program);
    let options: Vec<&Arg> = program
        .get_arguments()
        .chain(verb.into_iter().flat_map(Command::get_arguments))
        .filter(|option| !option.is_positional())
        .collect();

    let mut is_value = false;
    let mut is_literal = false;
    for argument in pending {
        if is_value || is_literal {
            is_value = false;
            rewritten.push(argument);
        } else if argument == "--" {
            is_literal = true;
            rewritten.push(argument);
        } else {
            let argument = respell(argument, &options);
            is_value = awaits_value(&argument, &options);
            rewritten.push(argument);
        }
    }
    rewritten
}

/// The verb among `arguments` (the first is the program), as it is written.
pub(crate) fn verb(arguments: &[OsString], program: &Command) -> Option<String> {
    let mut rest = arguments.get(1..)?.to_vec();
    find_verb(&mut rest, program)?;
    let verb = rest.into_iter().find(|word| {
        let is_name = |name: &str| word == name;
        let mut verbs = program.get_subcommands();
        verbs.any(|verb| is_name(verb.get_name()) || verb.get_all_aliases().any(is_name))
    });
    verb?.into_string().ok()
}

/// Finds the verb among the arguments, rewrites it to its canonical name, and gives its command.
fn find_verb<'a>(arguments: &mut [OsString], program: &'a Command) -> Option<&'a Command> {
    let globals: Vec<&Arg> = program.get_arguments().collect();
    let mut is_value = false;
    for argument in arguments {
        let is_option = argument.as_encoded_bytes().starts_with(b"-");
        if std::mem::take(&mut is_value) {
            continue;
        }
        if is_option {
            is_value = awaits_value(&respell(argument.clone(), &globals), &globals);
            continue;
        }
        let name = argument.to_str()?.trim_start_matches('!').to_ascii_lowercase();
        let verb = program
            .get_subcommands()
            .find(|verb| verb.get_name() == name || verb.get_all_aliases().any(|a| a == name));
        if verb.is_some() {
            *argument = name.into();
        }
        return verb;
    }
    None
}

/// `-stat` and `-Stat` as `--stat`; `-noprogress` as `--no-progress`; `-?` as `--help`.
fn respell(argument: OsString, options: &[&Arg]) -> OsString {
    let Some(text) = argument.to_str() else { return argument };
    if text == "-?" {
        return "--help".into();
    }
    let Some(name) = text.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'))
    else {
        return argument;
    };
    let (name, value) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name, None),
    };
    let is_same = |long: &&str| {
        let letters = long.bytes().filter(|&byte| byte != b'-');
        letters.eq(name.bytes().filter(|&byte| byte != b'-').map(|byte| byte.to_ascii_lowercase()))
    };
    let long = options.iter().find_map(|option| long_names(option).find(is_same)).or({
        // Every command has this one, and clap adds it late.
        if name.eq_ignore_ascii_case("help") { Some("help") } else { None }
    });
    match (long, value) {
        (Some(long), Some(value)) => format!("--{long}={value}").into(),
        (Some(long), None) => format!("--{long}").into(),
        (None, _) => argument,
    }
}

/// Whether `argument` is an option whose value is the next argument.
fn awaits_value(argument: &OsStr, options: &[&Arg]) -> bool {
    let Some(text) = argument.to_str() else { return false };
    options.iter().any(|option| {
        let is_named = match text.strip_prefix("--") {
            Some(name) => long_names(option).any(|long| long == name),
            None => option.get_short().is_some_and(|short| {
                text.strip_prefix('-').is_some_and(|rest| rest.chars().eq([short]))
            }),
        };
        is_named && option.get_action().takes_values()
    })
}

fn long_names(option: &Arg) -> impl Iterator<Item = &str> {
    option.get_long().into_iter().chain(option.get_all_aliases().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Command {
        Command::new("clrscope")
            .arg(Arg::new("format").long("format").global(true))
            .arg(Arg::new("out").short('o').global(true))
            .arg(
                Arg::new("no-progress")
                    .long("no-progress")
                    .action(clap::ArgAction::SetTrue)
                    .global(true),
            )
            .subcommand(
                Command::new("dumpheap")
                    .arg(Arg::new("dump"))
                    .arg(Arg::new("stat").long("stat").action(clap::ArgAction::SetTrue))
                    .arg(Arg::new("type").long("type"))
                    .arg(Arg::new("mt").long("mt")),
            )
            .subcommand(Command::new("dumpobj").alias("do").arg(Arg::new("dump")))
    }

    fn normalised(line: &str) -> String {
        let arguments = std::iter::once("clrscope").chain(line.split(' ')).map(OsString::from);
        let words = normalise(arguments.collect(), &program());
        words[1..].iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn debugger_spelling_becomes_gnu_spelling() {
        for (given, expected) in [
            ("!DumpHeap a.dmp -stat", "dumpheap a.dmp --stat"),
            ("dumpheap -Stat a.dmp", "dumpheap --stat a.dmp"),
            ("dumpheap a.dmp -mt 00007ff8`1 -type=X", "dumpheap a.dmp --mt 00007ff8`1 --type=X"),
            ("DO a.dmp 1234", "do a.dmp 1234"),
            ("dumpheap a.dmp -noprogress -?", "dumpheap a.dmp --no-progress --help"),
            ("-format json dumpheap a.dmp", "--format json dumpheap a.dmp"),
            ("dumpheap a.dmp -help", "dumpheap a.dmp --help"),
        ] {
            assert_eq!(normalised(given), expected);
        }
    }

    #[test]
    fn gnu_spelling_values_and_strangers_stay_as_they_are() {
        for line in [
            "dumpheap a.dmp --stat --type X",
            "dumpheap a.dmp --type -stat",
            "dumpheap -o -stat a.dmp",
            "dumpheap -- -stat",
            "dumpheap a.dmp -nonsense",
            "-o x.txt dumpheap a.dmp",
            "nonsense a.dmp -stat",
        ] {
            assert_eq!(normalised(line), line);
        }
    }

    #[test]
    fn the_value_of_a_global_option_is_not_taken_for_the_verb() {
        assert_eq!(normalised("-o dumpobj !DUMPHEAP a -stat"), "-o dumpobj dumpheap a --stat");
        assert_eq!(normalised("--format=json DumpHeap a -stat"), "--format=json dumpheap a --stat");
    }
}
