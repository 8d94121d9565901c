//! The documentation of queries says what the code does.

use clrscope_analyze::Session;
use clrscope_clr::{LayoutMode, NameStyle, find_runtimes};
use clrscope_memory::Control;
use clrscope_minidump::Minidump;
use clrscope_query::{Database, Source, definitions};
use clrscope_testkit::corpus;

const DOCS: &str = include_str!("../../../docs/query.md");

#[test]
fn every_table_is_documented_as_it_is() {
    for definition in definitions() {
        let section = format!("### {}\n\n```sql\n{}```\n", definition.name, definition.schema());
        assert!(DOCS.contains(&section), "docs/query.md should have:\n{section}");
    }
    assert_eq!(DOCS.matches("CREATE TABLE").count(), definitions().count());
}

#[test]
fn the_examples_are_answered() {
    let dump = corpus::dump("net10-x64-wks-all").expect("it is in testdata");
    let bytes = dump.bytes();
    let minidump = Minidump::parse(&bytes).expect("a minidump");
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let session = Session::new(runtimes.first().expect("a runtime").clone());
    let source = Source {
        session: &session,
        minidump: &minidump,
        style: NameStyle::CSharp,
        control: Control::new(),
    };
    let database = Database::new(source).expect("a database");
    let examples = DOCS.split("## Tables").next().unwrap_or_default();
    let mut asked = 0;
    for example in examples.split("```sql\n").skip(1) {
        let sql = example.split("```").next().unwrap_or_default();
        let mut question = database.question(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let visited = question.ask(|row| row.len() > 1);
        visited.unwrap_or_else(|error| panic!("{error}: {sql}"));
        asked += 1;
    }
    assert!(asked >= 8);
}
