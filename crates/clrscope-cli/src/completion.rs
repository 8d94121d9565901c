//! What the Tab key offers in the shell: verbs, options, types and addresses.

use std::cell::OnceCell;

use clap::Command;
use clrscope::memory::VirtAddr;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context as LineContext, Helper};

use crate::context::Context;
use crate::words::last_word;

/// How many candidates are offered.
const MOST: usize = 100;

/// Offers completions for the dump that is open.
pub(crate) struct Candidates<'a, 'd> {
    context: &'a Context<'d>,
    program: Command,
    /// The names of all types that have objects; made when first needed.
    types: OnceCell<Vec<String>>,
}

impl<'a, 'd> Candidates<'a, 'd> {
    pub(crate) fn new(context: &'a Context<'d>, program: Command) -> Candidates<'a, 'd> {
        Candidates { context, program, types: OnceCell::new() }
    }

    /// Where the last word of `line` begins, and what it may become.
    fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        let start = last_word(line);
        let (before, word) = line.split_at(start);
        let found = if before.trim().is_empty() {
            self.verbs(word)
        } else if word.starts_with('-') {
            self.options(before, word)
        } else if word.is_empty() {
            Vec::new()
        } else {
            let mut found = self.addresses(word);
            found.extend(self.types(word));
            found
        };
        (start, found)
    }

    fn verbs(&self, word: &str) -> Vec<String> {
        let wanted = word.trim_start_matches('!').to_ascii_lowercase();
        let verbs = self.program.get_subcommands();
        let names =
            verbs.flat_map(|verb| std::iter::once(verb.get_name()).chain(verb.get_all_aliases()));
        let own = ["help", "exit"].into_iter();
        let mut names: Vec<String> =
            names.chain(own).filter(|name| name.starts_with(&wanted)).map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    fn options(&self, before: &str, word: &str) -> Vec<String> {
        let verb = before.split_whitespace().next().unwrap_or_default();
        let verb = verb.trim_start_matches('!').to_ascii_lowercase();
        let verb = self.program.find_subcommand(verb);
        let dashes = if word.starts_with("--") { "--" } else { "-" };
        let arguments = verb.into_iter().flat_map(Command::get_arguments);
        let arguments = arguments.chain(self.program.get_arguments());
        let long = arguments.filter_map(|argument| argument.get_long());
        let mut options: Vec<String> = long.map(|long| format!("{dashes}{long}")).collect();
        options.retain(|option| option.starts_with(word));
        options.sort_unstable();
        options
    }

    fn types(&self, word: &str) -> Vec<String> {
        let types = self.types.get_or_init(|| self.context.type_names().unwrap_or_default());
        let first = types.partition_point(|name| name.as_str() < word);
        let names = types[first..].iter().take_while(|name| name.starts_with(word));
        names.take(MOST).cloned().collect()
    }

    /// Addresses of objects whose digits begin with `word`.
    fn addresses(&self, word: &str) -> Vec<String> {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let significant = digits.trim_start_matches('0');
        let Ok(value) = u64::from_str_radix(significant, 16) else { return Vec::new() };
        let Ok((objects, _)) = self.context.objects() else { return Vec::new() };
        let mut found = Vec::new();
        // What stands behind the digits is unknown: each number of digits is a range of addresses.
        for missing in 0..=16usize.saturating_sub(significant.len()) {
            let shift = (missing * 4) as u32;
            let Some(low) = value.checked_shl(shift).filter(|low| low >> shift == value) else {
                break;
            };
            let high = low | 1u64.checked_shl(shift).map_or(u64::MAX, |end| end - 1);
            for (index, segment) in objects.heap().segments().iter().enumerate() {
                if segment.objects.end <= VirtAddr(low) || segment.objects.start > VirtAddr(high) {
                    continue;
                }
                let near = objects.iter_segment(index).map(|object| object.address.0);
                let near = near.skip_while(|&at| at < low).take_while(|&at| at <= high);
                let prefix = &word[..word.len() - significant.len()];
                found.extend(near.take(MOST - found.len()).map(|at| format!("{prefix}{at:x}")));
                if found.len() == MOST {
                    return found;
                }
            }
        }
        found
    }
}

impl Completer for Candidates<'_, '_> {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &LineContext<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = self.candidates(line.get(..position).unwrap_or(line));
        let pair = |text: String| {
            // Names of types come from the dump.
            let display = clrscope_report::Escaped(&text).to_string();
            Pair { replacement: display.clone(), display }
        };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Hinter for Candidates<'_, '_> {
    type Hint = String;
}

impl Highlighter for Candidates<'_, '_> {}

impl Validator for Candidates<'_, '_> {}

impl Helper for Candidates<'_, '_> {}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use clap::FromArgMatches;
    use clrscope::Dump;
    use clrscope_testkit::corpus;

    use super::*;
    use crate::context::Opened;
    use crate::globals::Globals;
    use crate::program::PROGRAM;

    /// Asks for what the Tab key would offer.
    fn with_candidates(test: impl FnOnce(&dyn Fn(&str) -> Vec<String>)) {
        let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
        let dump = Dump::open(dump.path()).expect("it opens");
        let program = (PROGRAM.command)();
        let matches = program.clone().try_get_matches_from(["clrscope", "shell", "a.dmp"]);
        let globals = Globals::from_arg_matches(&matches.expect("a line")).expect("options");
        let opened = Rc::new(Opened::new(&dump).expect("a dump"));
        let context = Context::new(PROGRAM, opened, globals);
        let candidates = Candidates::new(&context, program);
        // The whole line with each candidate in its place.
        test(&|line| {
            let (start, found) = candidates.candidates(line);
            found.into_iter().map(|word| format!("{}{word}", &line[..start])).collect()
        });
    }

    #[test]
    fn tab_completes_verbs_options_types_and_addresses() {
        with_candidates(|complete| {
            assert_eq!(complete("dumph"), ["dumpheap", "dumphttp"]);
            assert_eq!(complete("!DumpHe"), ["dumpheap"]);
            assert!(complete("he").contains(&"help".to_owned()));
            assert_eq!(complete("dumpheap -st"), ["dumpheap -stat", "dumpheap -strings"]);
            assert_eq!(complete("dumpheap --form"), ["dumpheap --format"]);
            assert_eq!(complete("nonsense -sta"), [""; 0]);
            assert_eq!(complete("gcroot -type Cases.Acc"), ["gcroot -type Cases.Account"]);
            assert_eq!(complete("gcroot -type 'Cases.Acc"), ["gcroot -type 'Cases.Account"]);
            // A name with a blank in it is one word.
            let line = "dumpheap -type System.Collections.Generic.Dictionary<System.String, Sys";
            let found = complete(line);
            assert!(
                !found.is_empty() && found.iter().all(|whole| whole.starts_with(line)),
                "{found:?}"
            );
            // Nothing was typed of the word.
            assert_eq!(complete("gcroot "), [""; 0]);
        });
    }

    #[test]
    fn tab_completes_addresses_however_they_are_written() {
        with_candidates(|complete| {
            // The account that the deadlock is about.
            let whole = "7f2e3640b3a8";
            for before in ["", "0x", "0000"] {
                let found = complete(&format!("do {before}7f2e3640b3"));
                assert!(found.contains(&format!("do {before}{whole}")), "{found:?}");
            }
            assert_eq!(complete("do zzz"), [""; 0]);
        });
    }
}
