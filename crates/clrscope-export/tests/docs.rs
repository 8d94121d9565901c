//! The documentation of the files says what they hold.

use clrscope_export::Table;

const DOCS: &str = include_str!("../../../docs/export.md");

#[test]
fn every_table_is_documented_as_it_is() {
    for table in Table::ALL {
        let definition = table.definition();
        let section = format!("### {}\n\n{}", definition.name, definition.documentation());
        assert!(DOCS.contains(&section), "docs/export.md should have:\n{section}");
    }
    assert_eq!(DOCS.matches("\n### ").count(), Table::ALL.len());
}
