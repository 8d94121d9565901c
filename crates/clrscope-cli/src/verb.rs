//! What a verb is. Each has one file in `verbs`, with its options, its help and what it does, and one
//! line in the table there.

use clap::{Arg, Args, Command, value_parser};

use crate::context::{Context, DUMP, Run};
use crate::exit::{Failure, Outcome};

/// The headings under which the help lists verbs, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// The dump as a whole.
    Dump,
    /// What is on the heap.
    Heap,
    /// Types, and where they come from.
    Types,
    /// What keeps objects alive.
    Roots,
    /// Threads and what they do.
    Threads,
    /// The process around the heap.
    Process,
    /// Memory as it is.
    Memory,
    /// All of it at once, and ways to other programs.
    Tools,
}

impl Group {
    /// All groups, in the order of the help.
    pub(crate) const ALL: &[Group] = &[
        Group::Dump,
        Group::Heap,
        Group::Roots,
        Group::Types,
        Group::Threads,
        Group::Process,
        Group::Memory,
        Group::Tools,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Group::Dump => "The dump as a whole: begin with info and diagnose",
            Group::Heap => "The heap",
            Group::Types => "Types, assemblies and modules",
            Group::Roots => "What keeps objects alive",
            Group::Threads => "Threads",
            Group::Process => "The process around the heap",
            Group::Memory => "Memory as it is",
            Group::Tools => "Any question, and other programs",
        }
    }
}

/// The options of a verb, and the verb itself.
pub(crate) trait Action: Args {
    /// SOS's name, lower case.
    const NAME: &'static str;
    /// SOS's other names.
    const ALIASES: &'static [&'static str] = &[];
    /// Where the help lists it.
    const GROUP: Group;
    /// One line of help without a full stop.
    const ABOUT: &'static str;
    /// Command lines that `-h` shows, one a line.
    const EXAMPLES: &'static str;

    /// Answers.
    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure>;
}

/// A verb, whatever its options: an entry of the table.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) group: Group,
    pub(crate) about: &'static str,
    pub(crate) examples: &'static str,
    pub(crate) run: Run,
    augment: fn(Command) -> Command,
}

impl Verb {
    /// The entry of an action.
    pub(crate) const fn of<A: Action>() -> Verb {
        Verb {
            name: A::NAME,
            aliases: A::ALIASES,
            group: A::GROUP,
            about: A::ABOUT,
            examples: A::EXAMPLES,
            augment: A::augment_args,
            run: |matches, context| match A::from_arg_matches(matches) {
                Ok(action) => action.run(context).map_err(|failure| context.settle(failure)),
                Err(error) => Err(Failure::Usage(error.to_string())),
            },
        }
    }

    /// What clap parses: the dump first, then the verb's own.
    pub(crate) fn command(&self) -> Command {
        let dump = Arg::new(DUMP)
            .value_name("DUMP")
            .required(true)
            .value_parser(value_parser!(std::path::PathBuf))
            .help("The dump: a minidump, as it is or compressed (.zst, .gz, .zip)");
        (self.augment)(Command::new(self.name).arg(dump))
            .about(self.about)
            .visible_aliases(self.aliases.iter().copied())
            .after_help(format!("Examples:\n{}", indent(self.examples)))
    }
}

fn indent(text: &str) -> String {
    text.trim().lines().map(|line| format!("  {}\n", line.trim())).collect()
}
