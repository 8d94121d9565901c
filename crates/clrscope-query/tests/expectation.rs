//! A query that must return no rows: it holds, it does not, or that is not known.

use clrscope_analyze::Session;
use clrscope_clr::{LayoutMode, NameStyle, find_runtimes};
use clrscope_memory::Control;
use clrscope_minidump::Minidump;
use clrscope_query::{Database, Emptiness, QueryError, Source, Value};
use clrscope_testkit::corpus;

fn ask(dump: &str, sql: &str, named: &[(&str, Value)]) -> Result<Emptiness, QueryError> {
    let bytes = corpus::dump(dump).expect("it is in testdata").bytes();
    let minidump = Minidump::parse(&bytes).expect("a minidump");
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let session = Session::new(runtimes.first().expect("a runtime").clone());
    let style = NameStyle::CSharp;
    let source = Source { session: &session, minidump: &minidump, style, control: Control::new() };
    Database::new(source)?.expect_no_rows(sql, named, 1)
}

#[test]
fn rows_are_counted_and_the_first_are_kept() {
    let sql = "SELECT type, bytes FROM objects WHERE type = :type";
    let found = ask("net8-x64-case005", sql, &[("type", Value::parse("Cases.Account"))]);
    let found = found.expect("an answer");
    assert_eq!((found.rows, found.holds()), (2, Some(false)));
    assert_eq!(found.columns, ["type", "bytes"]);
    assert_eq!(found.first.len(), 1);
    assert_eq!(found.first[0][0], Value::Text("Cases.Account".to_owned()));
    let none = ask("net8-x64-case005", sql, &[("type", Value::parse("Cases.Nothing"))]);
    let none = none.expect("an answer");
    assert_eq!((none.rows, none.holds(), none.first.len()), (0, Some(true), 0));
}

#[test]
fn of_a_dump_that_lacks_what_names_types_it_is_not_known() {
    let sql = "SELECT * FROM objects WHERE type = 'Cases.Account'";
    let found = ask("net8-x64-private", sql, &[]).expect("an answer");
    assert_eq!((found.rows, found.holds()), (0, None));
}

#[test]
fn what_is_no_query_is_an_error_and_never_holds() {
    for (sql, named) in [("DELETE FROM objects", None), ("SELECT 1", Some("x"))] {
        let named: Vec<_> = named.map(|name| (name, Value::Null)).into_iter().collect();
        let asked = ask("net8-x64-case005", sql, &named);
        assert!(matches!(asked, Err(QueryError::Sql(_))), "{sql}: {asked:?}");
    }
}
