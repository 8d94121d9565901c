//! `query`: a question in SQL.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::PathBuf;

use clap::Args;
use clrscope::memory::{Grouped, Issue, IssueKind};
use clrscope::query::{Database, QueryError, Question, Source, definitions};
use clrscope_report::verbs::query::{Answer, RowSource, Value};
use clrscope_report::verbs::schema::{ColumnEntry, Schema, TableEntry, TableLine, Tables};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::globals::FormatName;
use crate::verb::{Action, Group};

/// The question.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("question").required(true))]
pub(crate) struct Query {
    /// The query: one SELECT; `.tables` lists the tables, `.schema` their columns, `.schema TABLE` those of one
    #[arg(value_name = "SQL", group = "question")]
    sql: Option<String>,

    /// File that holds the query
    #[arg(long, value_name = "FILE", group = "question")]
    file: Option<PathBuf>,

    /// List the tables with their columns, as `.schema` does
    #[arg(long, group = "question")]
    schema: bool,

    /// Value for a parameter of the query: VALUE for the next `?`, NAME=VALUE for `:NAME`
    #[arg(short = 'p', long = "param", value_name = "[NAME=]VALUE")]
    parameters: Vec<String>,
}

impl Action for Query {
    const NAME: &'static str = "query";
    const ALIASES: &'static [&'static str] = &["sql"];
    const GROUP: Group = Group::Tools;
    const ABOUT: &'static str = "A question in SQL over objects, references, roots, threads, ...";
    const EXAMPLES: &'static str = "
        clrscope query app.dmp .tables
        clrscope query app.dmp \".schema objects\"
        clrscope query app.dmp \"SELECT type, count(*) n, sum(bytes) FROM objects GROUP BY type ORDER BY 3 DESC LIMIT 20\"
        clrscope query app.dmp \"SELECT * FROM refs WHERE target = :it\" -p it=0x1e3c28
        clrscope query app.dmp --file leaks.sql --format csv
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let sql = match (&self.sql, &self.file) {
            (Some(sql), _) => sql.trim().to_owned(),
            (None, Some(path)) => std::fs::read_to_string(path).map_err(|error| {
                Failure::Usage(format!("{} cannot be read: {error}", path.display()))
            })?,
            (None, None) => ".schema".to_owned(),
        };
        match sql
            .strip_prefix('.')
            .map(|command| command.trim().split_once(' ').unwrap_or((command.trim(), "")))
        {
            Some(("schema", table)) => return schema(table.trim(), context),
            Some(("tables", "")) => return tables(context),
            Some(_) => {
                return Err(Failure::Usage(
                    "the commands are .tables, .schema and .schema TABLE".to_owned(),
                ));
            }
            None => {}
        }
        let (_, session) = context.session()?;
        let database = Database::new(Source {
            session,
            minidump: context.minidump(),
            style: context.name_style(),
            control: context.control(),
        });
        let database = database.map_err(|error| failure(context, error))?;
        let mut question = database.question(&sql).map_err(|error| failure(context, error))?;
        self.bind(&mut question).map_err(|error| failure(context, error))?;
        let columns = question.columns().to_vec();
        let names = columns.iter().map(|column| column.name.as_str());
        let mut issues = context.runtime_issues()?;
        if matches!(context.globals().format, FormatName::Csv | FormatName::Tsv) {
            let rows = Streamed { question: RefCell::new(question), stopped: Cell::new(None) };
            let outcome = context.answer(&Answer::new(names, &rows), &issues)?;
            let mut issues = database.issues();
            if let Some(error) = rows.stopped.take() {
                issues.push(stopped(failure(context, error), 1)?);
            }
            return Ok(outcome.and(context.report_issues(&issues)));
        }
        let (rows, end) = gather(&mut question, context.control().memory_budget());
        issues.append(database.issues());
        match end {
            End::Complete => {}
            End::Full => issues.push(too_many(rows.len())),
            End::Stopped(error) => issues.push(stopped(failure(context, error), rows.len())?),
        }
        context.answer(&Answer::new(names, &rows), &issues)
    }
}

impl Query {
    fn bind(&self, question: &mut Question<'_, '_, '_>) -> Result<(), QueryError> {
        let mut place = 0;
        for parameter in &self.parameters {
            match parameter.split_once('=').filter(|(name, _)| is_name(name)) {
                Some((name, value)) => {
                    question.set_named(name, &clrscope::query::Value::parse(value))?;
                }
                None => {
                    place += 1;
                    question.set(place, &clrscope::query::Value::parse(parameter))?;
                }
            }
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// How the rows of an answer ended.
enum End {
    Complete,
    /// There are more than memory shall take.
    Full,
    Stopped(QueryError),
}

/// Bytes that the rows of an answer may take, unless a budget is given: those of the forms that are
/// written as a whole.
const MOST_BYTES: u64 = 2 << 30;

/// All rows of the answer, or as many as fit.
fn gather(question: &mut Question<'_, '_, '_>, budget: Option<u64>) -> (Vec<Vec<Value>>, End) {
    let mut rows = Vec::new();
    let mut left = budget.unwrap_or(MOST_BYTES);
    let mut end = End::Complete;
    let asked = question.ask(|row| {
        let bytes = row.iter().map(clrscope::query::Value::memory_bytes).sum();
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => end = End::Full,
        }
        if matches!(end, End::Complete) {
            rows.push(row.iter().cloned().map(shown).collect());
        }
        matches!(end, End::Complete)
    });
    match asked {
        Ok(()) => (rows, end),
        Err(error) => (rows, End::Stopped(error)),
    }
}

fn too_many(rows: usize) -> Issue {
    let message = format!(
        "the answer is cut after {} rows, which fill the memory; use LIMIT, or a form without limit: \
         --format csv",
        Grouped(rows as u64)
    );
    Issue::general(IssueKind::LimitReached, message)
}

/// What to say of a query that did not come to its end after some `rows`: that it was interrupted. Any
/// other failure is one.
fn stopped(failure: Failure, rows: usize) -> Result<Issue, Failure> {
    match failure {
        Failure::Interrupted(reason) if rows > 0 => {
            let message = format!("the query was not finished: {reason}");
            Ok(Issue::general(IssueKind::Interrupted, message))
        }
        other => Err(other),
    }
}

fn failure(context: &Context<'_>, error: QueryError) -> Failure {
    match error {
        QueryError::Sql(message) => Failure::Usage(message),
        QueryError::Interrupted(reason) => Failure::Interrupted(reason),
        QueryError::Session(error) => context.unavailable(error),
        QueryError::NotKnown(message) => Failure::NotKnown(message),
        QueryError::NotThere(message) => Failure::NotThere(message),
        other => Failure::Unreadable(other.to_string()),
    }
}

/// Rows that are written as they are found.
struct Streamed<'q, 's, 'data> {
    question: RefCell<Question<'q, 's, 'data>>,
    stopped: Cell<Option<QueryError>>,
}

impl<'s, 'data: 's> RowSource for Streamed<'_, 's, 'data> {
    fn visit(&self, visit: &mut dyn FnMut(&[Value]) -> io::Result<()>) -> io::Result<()> {
        let mut written = Ok(());
        let mut values = Vec::new();
        let asked = self.question.borrow_mut().ask(|row| {
            values.clear();
            values.extend(row.iter().cloned().map(shown));
            written = visit(&values);
            written.is_ok()
        });
        self.stopped.set(asked.err());
        written
    }
}

/// A value as an answer shows it.
fn shown(value: clrscope::query::Value) -> Value {
    match value {
        clrscope::query::Value::Null => Value::Null,
        clrscope::query::Value::Integer(number) => Value::Integer(number),
        clrscope::query::Value::Real(number) => Value::Real(number),
        clrscope::query::Value::Flag(flag) => Value::Flag(flag),
        clrscope::query::Value::Address(address) => Value::Address(address),
        clrscope::query::Value::Text(text) => Value::Text(text),
        clrscope::query::Value::Blob(bytes) => {
            Value::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        }
    }
}

/// Says what tables there are.
fn tables(context: &Context<'_>) -> Result<Outcome, Failure> {
    let tables = definitions().map(|definition| TableLine {
        name: definition.name,
        about: definition.about,
        columns: definition.columns.iter().map(|column| column.name).collect(),
    });
    context.answer_for_dump(&Tables { tables: tables.collect() }, &context.issues())
}

/// Says what columns all tables have, or one.
fn schema(table: &str, context: &Context<'_>) -> Result<Outcome, Failure> {
    let tables: Vec<TableEntry> = definitions()
        .filter(|definition| table.is_empty() || definition.name == table)
        .map(|definition| TableEntry {
            name: definition.name,
            about: definition.about,
            columns: definition.columns.iter().map(column).collect(),
            text: definition.schema(),
        })
        .collect();
    if tables.is_empty() {
        return Err(Failure::NotThere(format!("no table is called {table}; .tables lists them")));
    }
    context.answer_for_dump(&Schema { tables }, &context.issues())
}

fn column(column: &clrscope::query::Column) -> ColumnEntry {
    let kind = column.kind.declared();
    ColumnEntry { name: column.name, kind, about: column.about, found_by: column.found() }
}
