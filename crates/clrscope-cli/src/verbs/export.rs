//! `export`: tables of the heap as Parquet files.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clrscope::export::{ExportError, ExportOptions, Table, export};
use clrscope_report::verbs::export::{Export as Report, FileRow};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to write, and where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Folder for the files: DIR/TABLE/dump=NAME/part-0.parquet
    #[arg(long, value_name = "DIR", required = true)]
    parquet: PathBuf,

    /// Write only this table; may be given several times
    #[arg(long = "table", value_name = "TABLE", value_parser = names())]
    tables: Vec<String>,

    /// What the dump is called in the folder; by default the name of its file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(Table::ALL.map(|table| table.definition().name))
}

impl Action for Export {
    const NAME: &'static str = "export";
    const GROUP: Group = Group::Tools;
    const ABOUT: &'static str = "Objects, references, types, roots and strings as Parquet files";
    const EXAMPLES: &'static str = "
        clrscope export app.dmp --parquet fleet
        clrscope export app.dmp --parquet fleet --name monday --table types --table roots
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, session) = context.session()?;
        let chosen = self.tables.iter().filter_map(|name| Table::named(name));
        let mut tables: Vec<Table> = chosen.collect();
        if tables.is_empty() {
            tables.extend(Table::ALL);
        }
        tables.sort_unstable();
        tables.dedup();
        let file_name = || context.path().file_name().unwrap_or_default().to_string_lossy();
        let dump = self.name.clone().unwrap_or_else(|| file_name().into_owned());
        if dump.is_empty() {
            return Err(Failure::Usage("--name: a name has at least one character".to_owned()));
        }
        let options = ExportOptions {
            directory: self.parquet.clone(),
            dump,
            tables,
            style: context.name_style(),
        };
        let exported = export(session, &options, &context.control())
            .map_err(|error| failure(context, error))?;
        let mut issues = context.runtime_issues()?;
        issues.append(exported.issues);
        let files = exported.files.into_iter().map(|file| FileRow {
            table: file.table.definition().name,
            path: file.path.display().to_string(),
            rows: file.rows,
            bytes: file.bytes,
        });
        context.answer(&Report { dump: options.dump, files: files.collect() }, &issues)
    }
}

fn failure(context: &Context<'_>, error: ExportError) -> Failure {
    match error {
        ExportError::Session(error) => context.unavailable(error),
        ExportError::File { path, source } => Failure::Unwritable(path, source),
        other => Failure::Unreadable(other.to_string()),
    }
}
