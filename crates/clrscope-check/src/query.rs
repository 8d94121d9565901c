//! Rules that are queries: asked of SQLite.

use clrscope_analyze::{Facts, Unavailable};
use clrscope_clr::NameStyle;
use clrscope_memory::{Control, Grouped};
use clrscope_query::{Database, QueryError, Source, Value};

use crate::entry::RuleError;
use crate::measure::{Measured, SHOWN};
use crate::rule::{Rule, Rules, Subject};

/// Where the queries of a rule file are asked.
pub(crate) struct Queries<'s, 'data> {
    database: Result<Database<'s, 'data>, Unavailable>,
}

impl<'s, 'data: 's> Queries<'s, 'data> {
    /// Prepares every query of `rules`; `None`, if there is none.
    ///
    /// # Errors
    /// If one of them is no query: that is a fault of the rule file.
    pub(crate) fn prepare(
        rules: &Rules,
        facts: &'s Facts<'_, 'data>,
        control: &Control<'s>,
    ) -> Result<Option<Queries<'s, 'data>>, RuleError> {
        let mut asked = rules.iter().filter_map(|rule| match &rule.subject {
            Subject::Query(sql) => Some((rule, sql)),
            _ => None,
        });
        let Some(first) = asked.next() else { return Ok(None) };
        let database = facts.session().and_then(|session| {
            let (minidump, style, control) = (facts.minidump(), NameStyle::CSharp, *control);
            Database::new(Source { session, minidump, style, control }).map_err(why)
        });
        if let Ok(database) = &database {
            for (rule, sql) in std::iter::once(first).chain(asked) {
                let question = database.question(sql).map_err(|error| fault(rule, error))?;
                if question.parameters() > 0 {
                    return Err(fault(rule, "it has parameters, which nobody fills in"));
                }
            }
        }
        Ok(Some(Queries { database }))
    }

    /// Counts the rows of a query.
    pub(crate) fn rows(&self, sql: &str) -> Result<Measured, Unavailable> {
        let database = self.database.as_ref().map_err(Clone::clone)?;
        let mut question = database.question(sql).map_err(why)?;
        let names: Vec<String> =
            question.columns().iter().map(|column| column.name.clone()).collect();
        let (mut count, mut detail) = (0_u64, Vec::new());
        let asked = question.ask(|row| {
            count += 1;
            if detail.len() < SHOWN {
                let values = names.iter().zip(row);
                let values: Vec<String> =
                    values.map(|(name, value)| format!("{name} {}", in_words(value))).collect();
                detail.push(values.join(", "));
            }
            true
        });
        // Rows that were found before a limit are rows.
        let stopped = match asked {
            Ok(()) => None,
            Err(QueryError::Interrupted(reason)) if count > 0 => Some(reason.to_string()),
            Err(error) => return Err(why(error)),
        };
        let more = count.saturating_sub(SHOWN as u64);
        if more > 0 {
            detail.push(format!("and {} more", Grouped(more)));
        }
        let issues = database.issues();
        let gap = issues.iter().find(|issue| issue.kind.makes_partial()).map(ToString::to_string);
        // A query can ask for what is not there, so that gaps make rows, too.
        let unsure = gap.is_some();
        Ok(Measured { value: count, partial: stopped.or(gap), unsure, detail })
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Address(address) => address.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

fn fault(rule: &Rule, error: impl std::fmt::Display) -> RuleError {
    RuleError { line: rule.line, message: format!("the query of {:?}: {error}", rule.name) }
}

fn why(error: QueryError) -> Unavailable {
    match error {
        QueryError::Interrupted(reason) => Unavailable::Interrupted(reason),
        other => Unavailable::Absent(other.to_string()),
    }
}
