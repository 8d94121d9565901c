//! The command line as a whole: what clap parses, and the overview that the help prints.

use std::fmt::Write;

use clap::{Args, Command};

use crate::context::{Program, Run};
use crate::generate;
use crate::globals::Globals;
use crate::verb::{Group, Verb};
use crate::verbs::VERBS;

/// The program with all its verbs.
pub(crate) const PROGRAM: Program = Program { command, verb };

fn verb(name: &str) -> Option<Run> {
    VERBS.iter().find(|verb| verb.name == name).map(|verb| verb.run)
}

/// The command line with all verbs.
pub(crate) fn command() -> Command {
    // The options' own description is not the program's: they come first.
    Globals::augment_args(Command::new("clrscope"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Opens memory dumps of .NET processes and says what their managed memory holds, and why")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .help_template("{about}\n\nUsage: clrscope VERB DUMP [options]\n\n{before-help}Options:\n{options}{after-help}")
        .before_help(overview().trim_end().to_owned())
        .after_help("`clrscope VERB -h` explains a verb, with examples.")
        .subcommands(VERBS.iter().map(|verb| verb.command()))
        .subcommands(generate::commands())
}

/// All verbs by group, with their aliases.
fn overview() -> String {
    let names = |verb: &Verb| {
        std::iter::once(verb.name)
            .chain(verb.aliases.iter().copied())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let width = VERBS.iter().map(|verb| names(verb).len()).max().unwrap_or(0);
    let mut text = String::new();
    for group in Group::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}:", group.title());
        let mut verbs: Vec<&Verb> = VERBS.iter().filter(|verb| verb.group == *group).collect();
        verbs.sort_unstable_by_key(|verb| verb.name);
        for verb in verbs {
            let _ = writeln!(text, "  {:width$}  {}", names(verb), verb.about);
        }
        text.push('\n');
    }
    text.push_str("The program itself:\n");
    for command in generate::commands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "  {:width$}  {about}", command.get_name());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_verb_is_in_the_overview_and_has_an_example() {
        let overview = overview();
        for verb in VERBS {
            assert!(overview.contains(verb.about), "{}", verb.name);
            let mut command = verb.command();
            let help = command.render_help().to_string();
            assert!(help.contains(&format!("clrscope {}", verb.name)), "{help}");
        }
    }

    #[test]
    fn every_command_shows_an_example_in_its_help() {
        for mut command in command().get_subcommands().cloned() {
            let example = format!("  clrscope {} ", command.get_name());
            let help = command.render_help().to_string();
            assert!(help.contains("Examples:\n") && help.contains(&example), "{help}");
        }
    }

    /// Outside of quotes, the system's shells take none of these characters for themselves.
    #[test]
    fn every_example_can_be_pasted() {
        for verb in VERBS {
            for line in verb.examples.lines() {
                let unquoted: String = line.split('"').step_by(2).collect();
                assert!(!unquoted.contains(['`', '*', '!', '?', '$', '&', ';', '(']), "{line}");
                assert!(!line.contains(['`', '!', '$']), "{line}");
            }
        }
    }

    #[test]
    fn every_example_is_a_command_line() {
        let program = command();
        let lines = VERBS.iter().flat_map(|verb| verb.examples.trim().lines()).map(str::trim);
        let mut parsed = 0;
        for line in lines {
            // What the system's shell does with the rest is not ours.
            let line = line.split(" < ").next().unwrap_or_default();
            let words = crate::words::split(line).unwrap().words;
            assert_eq!(words.first().map(String::as_str), Some("clrscope"), "{line}");
            let words = words.into_iter().map(Into::into).collect();
            let matches =
                program.clone().try_get_matches_from(spelling::normalise(words, &program));
            assert!(matches.is_ok(), "{line}: {:?}", matches.err().map(|error| error.to_string()));
            parsed += 1;
        }
        assert!(parsed > VERBS.len());
    }

    #[test]
    fn no_name_or_alias_is_taken_twice() {
        let mut names: Vec<_> =
            VERBS.iter().flat_map(|verb| std::iter::once(&verb.name).chain(verb.aliases)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
