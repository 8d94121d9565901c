//! Built-in tables: offsets measured on real dumps, one file for each band of builds.

mod common;
mod core21;
mod core21_x64;
mod core21_x86;
mod core31;
mod core31_x64;
mod core31_x86;
mod net10;
mod net6_x64;
mod net8_x64;
mod net9_x64;

use clrscope_memory::{Arch, Issues, PointerWidth, Target};

use super::{GlobalValue, Globals, Layout, Source};
use crate::version::RuntimeVersion;

/// What was measured on one band of builds.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    /// The build that it was measured on.
    build: &'static str,
    /// The band's version: major and minor number.
    version: (u16, u16),
    /// The architectures that it holds for.
    architectures: &'static [Arch],
    /// How many globals and virtual tables the header of the DAC table must announce, for bands
    /// whose table has a header.
    pub(super) dac_counts: Option<(u32, u32)>,
    /// Places in the DAC table: of variables.
    pub(super) dac_variables: &'static [(usize, &'static str)],
    /// Places in the DAC table: of the virtual tables of classes, in one or more lists.
    pub(super) dac_vtables: &'static [&'static [(usize, &'static str)]],
    /// Offsets of fields.
    structures: &'static [(&'static str, &'static [(&'static str, u64)])],
    /// Numbers that the runtime was built with.
    numbers: &'static [(&'static str, u64)],
}

const ALL: [&BuiltIn; 8] = [
    &core21_x64::TABLE,
    &core21_x86::TABLE,
    &core31_x64::TABLE,
    &core31_x86::TABLE,
    &net6_x64::TABLE,
    &net8_x64::TABLE,
    &net9_x64::TABLE,
    &net10::TABLE,
];

/// The table for a version of the runtime, if there is one.
pub(crate) fn built_in(version: RuntimeVersion, target: Target) -> Option<&'static BuiltIn> {
    let band = (version.major, version.minor);
    ALL.into_iter()
        .find(|table| table.version == band && table.architectures.contains(&target.arch))
}

impl BuiltIn {
    /// Who says what this table says.
    pub(crate) fn source(&self) -> Source {
        Source::Table(self.build)
    }

    /// Adds all that this says to a model, except what needs the DAC table.
    pub(crate) fn fill(&self, layout: &mut Layout, globals: &mut Globals, issues: &mut Issues) {
        for (structure, fields) in self.structures {
            for &(field, offset) in *fields {
                layout.add(structure, field, offset, self.source(), issues);
            }
        }
        for &(name, number) in self.numbers {
            globals.add(name, GlobalValue::Number(number), self.source());
        }
    }
}

/// Adds what is the same in every CLR of one pointer size.
pub(crate) fn fill_common(target: Target, layout: &mut Layout, issues: &mut Issues) {
    let structures = match target.pointer {
        PointerWidth::Four => common::POINTER_4,
        PointerWidth::Eight => common::POINTER_8,
    };
    for (structure, fields) in structures {
        for &(field, offset) in *fields {
            layout.add(structure, field, offset, common::SOURCE, issues);
        }
    }
}
