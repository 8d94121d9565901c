//! What a verb works with.

mod answer;
mod opened;

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use clap::{ArgMatches, Command};
use clrscope::Error;
use clrscope::analyze::{
    Facts, Limitation, Ownership, Session, SessionError, TypeLabels, limitations,
};
use clrscope::clr::{
    GraphOptions, Heap, HeapError, HeapGraph, HeapObjects, NameStyle, Runtime, Runtimes, Types,
};
use clrscope::graph::{Search, Stop};
use clrscope::memory::{Control, Issue, IssueKind, Issues, Snapshot};
use clrscope::minidump::Minidump;
use clrscope_report::{DumpIdentity, Tool};

use self::opened::open_at;
pub(crate) use self::opened::{Opened, open, refuse_overwriting};
use crate::exit::{Failure, Outcome};
use crate::globals::{FormatName, Globals, NameChoice};
use crate::progress::Reporter;

/// The name of the first positional argument of every verb.
pub(crate) const DUMP: &str = "dump";

/// What writes answers.
pub(crate) const TOOL: Tool = Tool { name: "clrscope", version: env!("CARGO_PKG_VERSION") };

/// Answers for a verb, with the options that were found in the command line.
pub(crate) type Run = fn(&ArgMatches, &Context<'_>) -> Result<Outcome, Failure>;

/// The program itself, for a verb that runs others.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// What clap parses.
    pub(crate) command: fn() -> Command,
    /// What answers for the verb of a name.
    pub(crate) verb: fn(&str) -> Option<Run>,
}

/// One command: the dump that it is about, its options, and how it answers.
pub(crate) struct Context<'d> {
    program: Program,
    opened: Rc<Opened<'d>>,
    globals: Globals,
    deadline: Option<Instant>,
    progress: Option<Reporter>,
    /// Where the answer goes, if neither to standard output nor to the file of the options.
    sink: RefCell<Option<Box<dyn Write>>>,
    is_redirected: bool,
}

impl<'d> Context<'d> {
    pub(crate) fn new(program: Program, opened: Rc<Opened<'d>>, globals: Globals) -> Context<'d> {
        Context {
            program,
            opened,
            deadline: globals.timeout.and_then(|limit| Instant::now().checked_add(limit)),
            progress: (!globals.no_progress && io::stderr().is_terminal()).then(Reporter::new),
            globals,
            sink: RefCell::new(None),
            is_redirected: false,
        }
    }

    /// Tells a person something that is no part of the answer.
    pub(crate) fn note(&self, text: &str) {
        if self.globals.format == FormatName::Text {
            eprintln!("clrscope: {}", clrscope_report::Escaped(text));
        }
    }

    /// Fails, saying what is wanted, if text would be printed on a terminal.
    pub(crate) fn refuse_terminal(&self, wanted: &str) -> Result<(), Failure> {
        let is_text = self.globals.format == FormatName::Text;
        let has_sink = self.globals.output.is_some() || self.is_redirected;
        if is_text && !has_sink && io::stdout().is_terminal() {
            return Err(Failure::Usage(wanted.to_owned()));
        }
        Ok(())
    }

    /// Another command on the same dump.
    pub(crate) fn of_command(&self, globals: Globals) -> Context<'d> {
        Context::new(self.program, Rc::clone(&self.opened), globals)
    }

    /// The same command, whose answer goes to `sink`.
    pub(crate) fn writing_to(mut self, sink: Box<dyn Write>) -> Context<'d> {
        self.sink = RefCell::new(Some(sink));
        self.is_redirected = true;
        self
    }

    /// The program that the command was given to.
    pub(crate) fn program(&self) -> Program {
        self.program
    }

    /// The options that every verb takes.
    pub(crate) fn globals(&self) -> &Globals {
        &self.globals
    }

    /// The path of the dump.
    pub(crate) fn path(&self) -> &'d Path {
        self.opened.dump.path()
    }

    /// The container.
    pub(crate) fn minidump(&self) -> &Minidump<'d> {
        &self.opened.minidump
    }

    /// The process.
    pub(crate) fn snapshot(&self) -> &Snapshot<'d> {
        &self.opened.snapshot
    }

    /// What was wrong with the container: the start of every answer's issues.
    pub(crate) fn issues(&self) -> Issues {
        self.opened.issues.clone()
    }

    /// What was wrong with the container and with the runtime that was chosen: the start of answers that
    /// do without the heap.
    pub(crate) fn runtime_issues(&self) -> Result<Issues, Failure> {
        let (_, runtime) = self.runtime()?;
        let mut issues = self.issues();
        issues.append(runtime.issues().clone());
        Ok(issues)
    }

    /// All runtimes.
    pub(crate) fn runtimes(&self) -> &Runtimes<'d> {
        self.opened.runtimes()
    }

    /// The runtime that was chosen, and its number.
    pub(crate) fn runtime(&self) -> Result<(usize, &Runtime<'d>), Failure> {
        self.session().map(|(index, session)| (index, session.runtime()))
    }

    /// What was made of the runtime that was chosen, and its number.
    pub(crate) fn session(&self) -> Result<(usize, &Session<'d>), Failure> {
        self.runtimes().first().map_err(|error| Failure::Unreadable(error.to_string()))?;
        let index = self.globals.runtime.unwrap_or(0);
        let sessions = self.opened.sessions();
        let chosen = sessions.get(index);
        Ok((index, chosen.ok_or(Error::NoSuchRuntime { index, count: sessions.len() })?))
    }

    /// The heap of the runtime that was chosen.
    pub(crate) fn heap(&self) -> Result<&Heap<'d>, Failure> {
        let (_, session) = self.session()?;
        session.heap().map_err(|error| self.no_heap(&error))
    }

    /// All objects of the heap, and what was wrong on the way to them.
    pub(crate) fn objects(&self) -> Result<(HeapObjects<'d>, Issues), Failure> {
        let (_, session) = self.session()?;
        let objects = session.objects(&self.control()).map_err(|error| self.unavailable(error))?;
        let heap = objects.heap();
        let mut issues = self.issues();
        issues.append(heap.runtime().issues().clone());
        issues.append(heap.issues().clone());
        issues.append(objects.issues().clone());
        Ok((objects.clone(), issues))
    }

    /// The graph of `objects` with its roots, those on `stacks` among them or not. What was wrong is added
    /// to `issues`.
    pub(crate) fn graph(
        &self,
        objects: &HeapObjects<'d>,
        stacks: bool,
        issues: &mut Issues,
    ) -> Result<HeapGraph<'d>, Failure> {
        let control = self.control();
        let graph = if stacks {
            let (_, session) = self.session()?;
            session.graph(&control).map_err(|error| self.unavailable(error))?.clone()
        } else {
            objects.graph(&GraphOptions { stacks }, &control)?
        };
        issues.append(graph.issues().clone());
        Ok(graph)
    }

    /// The graph of `objects`, and what is alive in it. A search that was stopped is added to `issues`.
    pub(crate) fn search(
        &self,
        objects: &HeapObjects<'d>,
        issues: &mut Issues,
    ) -> Result<(HeapGraph<'d>, Arc<Search>), Failure> {
        let graph = self.graph(objects, true, issues)?;
        let (_, session) = self.session()?;
        let search = session.search(&self.control()).map_err(|error| self.unavailable(error))?;
        if let Some(stop) = search.stop() {
            issues.push(Issue::general(
                IssueKind::Interrupted,
                format!("the search from the roots was not finished: {}", stop_reason(stop)),
            ));
        }
        Ok((graph, search))
    }

    /// Who alone holds whom, by all roots.
    pub(crate) fn ownership(&self) -> Result<Arc<Ownership>, Failure> {
        let (_, session) = self.session()?;
        session.ownership(&self.control()).map_err(|error| self.unavailable(error))
    }

    /// Says why a session cannot give something.
    pub(crate) fn unavailable(&self, error: SessionError) -> Failure {
        match error {
            SessionError::Heap(error) => self.no_heap(&error),
            SessionError::Graph(error) => error.into(),
            SessionError::Interrupted(reason) => reason.into(),
            other => Failure::Unreadable(other.to_string()),
        }
    }

    /// The names of the types of `objects`, spelled as was asked for. What is not known is added to
    /// `issues`.
    pub(crate) fn labels(
        &self,
        objects: &HeapObjects<'_>,
        issues: &mut Issues,
    ) -> Result<TypeLabels, Failure> {
        TypeLabels::new(objects, self.name_style(), issues)
            .map_err(|error| Failure::Unreadable(error.to_string()))
    }

    /// The names of all types that have objects, in order.
    pub(crate) fn type_names(&self) -> Result<Vec<String>, Failure> {
        let (objects, mut issues) = self.objects()?;
        let labels = self.labels(&objects, &mut issues)?;
        let names = objects.types().iter().map(|(id, _)| labels.name(id).to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// All analyses of the dump and of the runtime that was chosen, each to be made when it is asked for.
    pub(crate) fn facts(&self) -> Result<Facts<'_, 'd>, Failure> {
        let session = match self.session() {
            Ok((_, session)) => Ok(session),
            Err(Failure::Unreadable(why)) => Err(why),
            Err(failure) => return Err(failure),
        };
        Ok(Facts::new(self.minidump().clone(), self.snapshot(), self.issues(), session))
    }

    /// Opens another dump with the same options and asks `ask` about it.
    pub(crate) fn with_other<R>(
        &self,
        path: &Path,
        ask: impl FnOnce(&Context<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let named = |failure: Failure| match failure {
            Failure::Unreadable(why) => Failure::Unreadable(format!("{}: {why}", path.display())),
            other => other,
        };
        let dump = open_at(path, &self.globals)?;
        let opened = Rc::new(Opened::new(&dump)?);
        ask(&Context::new(self.program, opened, self.globals.clone())).map_err(named)
    }

    /// How names of types are spelled.
    pub(crate) fn name_style(&self) -> NameStyle {
        match self.globals.names {
            NameChoice::Csharp => NameStyle::CSharp,
            NameChoice::Sos => NameStyle::Sos,
        }
    }

    /// The types of the runtime that was chosen.
    pub(crate) fn types(&self) -> Result<&Types<'d>, Failure> {
        let (_, runtime) = self.runtime()?;
        runtime.types().map_err(|error| Failure::Unreadable(error.to_string()))
    }

    /// Of what was not found, says whether it is not there. Nobody knows, if the dump lacks a part of what
    /// was looked through.
    pub(crate) fn settle(&self, failure: Failure) -> Failure {
        match failure {
            Failure::NotFound(what) => match self.gap() {
                Some(gap) => Failure::NotKnown(format!("{what}, as far as can be seen: {gap}")),
                None => Failure::NotThere(what),
            },
            other => other,
        }
    }

    /// What could not be looked through.
    fn gap(&self) -> Option<String> {
        let first =
            |issues: &Issues| issues.iter().find(|issue| issue.kind.makes_partial()).cloned();
        if let Some(issue) = first(&self.opened.issues) {
            return Some(issue.to_string());
        }
        let (_, session) = self.session().ok()?;
        let runtime = session.runtime();
        if let Some(issue) = first(runtime.modules().issues()) {
            let lacks = limitations(&self.opened.minidump, &self.opened.snapshot);
            let lack = lacks.iter().find(hides_names).map(Limitation::complaint);
            return Some(lack.unwrap_or_else(|| issue.to_string()));
        }
        let sources = [
            Some(runtime.issues()),
            session.heap().ok().map(Heap::issues),
            session.made_objects().map(HeapObjects::issues),
            session.made_graph().map(HeapGraph::issues),
        ];
        sources.into_iter().flatten().find_map(first).map(|issue| issue.to_string())
    }

    /// Says why there is no heap: most often because the dump was written without it.
    fn no_heap(&self, error: &HeapError) -> Failure {
        let lacks = limitations(&self.opened.minidump, &self.opened.snapshot);
        let why = lacks.first().filter(|lack| **lack == Limitation::NoFullMemory);
        Failure::Unreadable(match why.and_then(Limitation::remedy) {
            Some(remedy) => format!("the dump holds no heap memory; {remedy} ({error})"),
            None => error.to_string(),
        })
    }

    /// Which dump this is.
    pub(crate) fn dump_identity(&self) -> DumpIdentity {
        let path = self.path().display().to_string();
        DumpIdentity::new(&path, &self.opened.minidump, &self.opened.snapshot)
    }

    /// How long operations are watched and bounded.
    pub(crate) fn control(&self) -> Control<'_> {
        let mut control = Control::new();
        if let Some(reporter) = &self.progress {
            control = control.with_progress(reporter.callback());
        }
        if let Some(deadline) = self.deadline {
            control = control.with_deadline(deadline);
        }
        if let Some(bytes) = self.globals.memory {
            control = control.with_memory_budget(bytes);
        }
        control
    }
}

/// Whether names and types are not known because of what a dump lacks.
fn hides_names(lack: &&Limitation) -> bool {
    matches!(lack, Limitation::NoFullMemory | Limitation::NoImagePages { .. })
}

/// Why a search ended before its end.
pub(crate) fn stop_reason(stop: Stop) -> String {
    match stop {
        Stop::Interrupted(reason) => reason.to_string(),
        _ => "its limit was reached".to_owned(),
    }
}
