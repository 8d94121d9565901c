//! The tables: one file for each.

mod assemblies;
mod fields;
mod frames;
mod handles;
mod list;
mod modules;
mod objects;
mod os_handles;
mod refs;
mod regions;
mod retained;
mod roots;
mod segments;
mod statics;
mod strings;
mod threads;
mod types;

use std::sync::Arc;

use self::list::{List, ListTable};
use crate::definition::Definition;
use crate::shelf::Shelf;
use crate::table::Table;

/// All tables, in the order of the documentation.
pub(crate) const DEFINITIONS: &[&Definition] = &[
    &objects::DEFINITION,
    &types::DEFINITION,
    &fields::DEFINITION,
    &refs::DEFINITION,
    &roots::DEFINITION,
    &handles::DEFINITION,
    &os_handles::DEFINITION,
    &threads::DEFINITION,
    &frames::DEFINITION,
    &strings::DEFINITION,
    &modules::DEFINITION,
    &assemblies::DEFINITION,
    &segments::DEFINITION,
    &regions::DEFINITION,
    &statics::DEFINITION,
    &retained::DEFINITION,
];

/// Tables that are short enough to be made as a whole.
const LISTS: &[(&Definition, List)] = &[
    (&types::DEFINITION, types::list),
    (&fields::DEFINITION, fields::list),
    (&roots::DEFINITION, roots::list),
    (&handles::DEFINITION, handles::list),
    (&os_handles::DEFINITION, os_handles::list),
    (&threads::DEFINITION, threads::list),
    (&frames::DEFINITION, frames::list),
    (&modules::DEFINITION, modules::list),
    (&assemblies::DEFINITION, assemblies::list),
    (&segments::DEFINITION, segments::list),
    (&regions::DEFINITION, regions::list),
    (&statics::DEFINITION, statics::list),
];

/// Makes all tables. They are empty until they are read.
pub(crate) fn all<'s, 'data: 's>(shelf: &Arc<Shelf<'s, 'data>>) -> Vec<Arc<dyn Table + 's>> {
    let mut tables: Vec<Arc<dyn Table + 's>> = vec![
        Arc::new(objects::Objects::new(Arc::clone(shelf))),
        Arc::new(refs::Refs::new(Arc::clone(shelf))),
        Arc::new(strings::Strings::new(Arc::clone(shelf))),
        Arc::new(retained::Retained::new(Arc::clone(shelf))),
    ];
    tables.extend(LISTS.iter().map(|&(definition, list)| {
        Arc::new(ListTable::new(Arc::clone(shelf), definition, list)) as Arc<dyn Table + 's>
    }));
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_and_columns_are_unique_and_plain() {
        let mut names: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for definition in DEFINITIONS {
            let mut columns: Vec<&str> = definition.columns.iter().map(|c| c.name).collect();
            assert!(
                columns
                    .iter()
                    .all(|name| name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
            );
            columns.sort_unstable();
            let count = columns.len();
            columns.dedup();
            assert_eq!(columns.len(), count, "{}", definition.name);
        }
    }
}
