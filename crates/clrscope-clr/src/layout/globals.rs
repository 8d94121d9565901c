//! The runtime's global variables.

use std::collections::BTreeMap;

use clrscope_memory::VirtAddr;

use super::Source;

/// What is known of a global.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlobalValue {
    /// The variable is at this address; its value has to be read from there.
    Variable(VirtAddr),
    /// The virtual table of a class is at this address.
    VirtualTable(VirtAddr),
    /// A number that the runtime was built with.
    Number(u64),
    /// A text that the runtime was built with.
    Text(String),
}

/// A global of the runtime, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Where it is, or what.
    pub value: GlobalValue,
    /// Who says so.
    pub source: Source,
}

/// Globals of one runtime by name; the names are those of the data descriptors where these have them.
#[derive(Debug, Clone, Default)]
pub struct Globals {
    globals: BTreeMap<String, Global>,
}

impl Globals {
    /// No globals.
    pub fn new() -> Globals {
        Globals::default()
    }

    /// The global of this name.
    pub fn get(&self, name: &str) -> Option<&Global> {
        self.globals.get(name)
    }

    /// Address of the variable of this name.
    pub fn address(&self, name: &str) -> Option<VirtAddr> {
        match self.globals.get(name)?.value {
            GlobalValue::Variable(address) => Some(address),
            _ => None,
        }
    }

    /// Address of the virtual table of a class of the runtime: objects of the class begin with it.
    pub fn vtable(&self, class: &str) -> Option<VirtAddr> {
        match self.globals.get(&Self::vtable_name(class))?.value {
            GlobalValue::VirtualTable(address) => Some(address),
            _ => None,
        }
    }

    /// The name under which the virtual table of a class is kept.
    pub(crate) fn vtable_name(class: &str) -> String {
        format!("{class} virtual table")
    }

    /// The built-in number of this name.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.globals.get(name)?.value {
            GlobalValue::Number(number) => Some(number),
            _ => None,
        }
    }

    /// All globals in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Global)> {
        self.globals.iter().map(|(name, global)| (name.as_str(), global))
    }

    /// Adds what a layer knows, unless a stronger one said it already. Says whether what is kept
    /// agrees with it.
    pub fn add(&mut self, name: &str, value: GlobalValue, source: Source) -> bool {
        let kept = self
            .globals
            .entry(name.to_owned())
            .or_insert_with(|| Global { value: value.clone(), source });
        kept.value == value
    }
}
