//! Every analysis of one process, made when it is first asked for, and once: what a diagnosis, a check and
//! a comparison stand on.

mod analyses;
mod fact;

use std::fmt;
use std::sync::Arc;

use clrscope_clr::{Heap, HeapGraph, HeapObjects, Runtime, Verification};
use clrscope_graph::Search;
use clrscope_memory::{Control, Issues, Snapshot};
use clrscope_minidump::Minidump;

use self::fact::Slot;
pub use self::fact::{Fact, Unavailable};
use crate::{
    Account, CollectionWaste, DynamicAssemblies, EmptyArray, Finalization, HandleEntry,
    HandleGroup, HeapStat, JoinStopped, Limitation, OsHandles, Ownership, RetainedGroup, Session,
    StringGroups, TypeLabels, Waiting, limitations,
};

/// What is known of a process. Each answer is made when it is first asked for; attempts that fail or
/// are stopped leave nothing behind.
pub struct Facts<'a, 'data> {
    minidump: Minidump<'data>,
    snapshot: &'a Snapshot<'data>,
    /// What was wrong with the container.
    container: Issues,
    session: Result<&'a Session<'data>, String>,
    labels: Slot<TypeLabels>,
    statics: Slot<Vec<RetainedGroup>>,
    dynamic: Slot<DynamicAssemblies>,
    account: Slot<Account>,
    strings: Slot<StringGroups<'data>>,
    os_handles: Slot<OsHandles>,
    handle_owners: Slot<Vec<HandleGroup>>,
    gc_handles: Slot<Vec<HandleEntry>>,
    finalization: Slot<Finalization>,
    waiting: Slot<Waiting>,
    verification: Slot<Verification>,
    heap_stat: Slot<Vec<(u32, HeapStat)>>,
    collections: Slot<Vec<CollectionWaste>>,
    empty_arrays: Slot<Vec<EmptyArray>>,
}

/// What a fact is made of, and so what its gaps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Basis {
    /// The container alone.
    Container,
    /// The runtime's own structures.
    Runtime,
    /// The objects of the heap.
    Objects,
    /// References and roots.
    Graph,
}

impl<'a, 'data> Facts<'a, 'data> {
    /// What is known of the process in `minidump`: of the runtime of `session`, or else why there is none
    /// that can be read. `container` is what was wrong with the container.
    pub fn new(
        minidump: Minidump<'data>,
        snapshot: &'a Snapshot<'data>,
        container: Issues,
        session: Result<&'a Session<'data>, String>,
    ) -> Facts<'a, 'data> {
        Facts {
            minidump,
            snapshot,
            container,
            session,
            labels: Slot::default(),
            statics: Slot::default(),
            dynamic: Slot::default(),
            account: Slot::default(),
            strings: Slot::default(),
            os_handles: Slot::default(),
            handle_owners: Slot::default(),
            gc_handles: Slot::default(),
            finalization: Slot::default(),
            waiting: Slot::default(),
            verification: Slot::default(),
            heap_stat: Slot::default(),
            collections: Slot::default(),
            empty_arrays: Slot::default(),
        }
    }

    /// The container.
    pub fn minidump(&self) -> &Minidump<'data> {
        &self.minidump
    }

    /// The process.
    pub fn snapshot(&self) -> &'a Snapshot<'data> {
        self.snapshot
    }

    /// What was made of the runtime.
    ///
    /// # Errors
    /// If there is none that can be read.
    pub fn session(&self) -> Result<&'a Session<'data>, Unavailable> {
        self.session.clone().map_err(Unavailable::Absent)
    }

    /// The runtime.
    ///
    /// # Errors
    /// As [`Facts::session`].
    pub fn runtime(&self) -> Result<&'a Runtime<'data>, Unavailable> {
        Ok(self.session()?.runtime())
    }

    /// Its heap.
    ///
    /// # Errors
    /// As [`Facts::session`], and if the heap cannot be read.
    pub fn heap(&self) -> Result<&'a Heap<'data>, Unavailable> {
        self.session()?.heap().map_err(|error| self.no_heap(error.into()))
    }

    /// All objects.
    ///
    /// # Errors
    /// As [`Facts::heap`], and if `control` stops the walk.
    pub fn objects(&self, control: &Control<'_>) -> Result<&'a HeapObjects<'data>, Unavailable> {
        self.session()?.objects(control).map_err(|error| self.no_heap(error))
    }

    /// Objects, references and all roots.
    ///
    /// # Errors
    /// As [`Facts::objects`], and if the graph cannot be built.
    pub fn graph(&self, control: &Control<'_>) -> Result<&'a HeapGraph<'data>, Unavailable> {
        self.session()?.graph(control).map_err(|error| self.no_heap(error))
    }

    /// What is alive: a search that came to its end.
    ///
    /// # Errors
    /// As [`Facts::graph`], and if the search was stopped.
    pub fn search(&self, control: &Control<'_>) -> Result<Arc<Search>, Unavailable> {
        let search = self.session()?.search(control).map_err(|error| self.no_heap(error))?;
        match search.stop() {
            Some(stop) => Err(JoinStopped::Search(stop).into()),
            None => Ok(search),
        }
    }

    /// Who alone holds whom.
    ///
    /// # Errors
    /// As [`Facts::graph`].
    pub fn ownership(&self, control: &Control<'_>) -> Result<Arc<Ownership>, Unavailable> {
        self.session()?.ownership(control).map_err(|error| self.no_heap(error))
    }

    /// What was wrong on the way to all that was asked for so far.
    pub fn issues(&self) -> Issues {
        let mut issues = self.basis_issues(self.deepest());
        let own = [
            self.labels.issues(),
            self.statics.issues(),
            self.dynamic.issues(),
            self.account.issues(),
            self.strings.issues(),
            self.os_handles.issues(),
            self.handle_owners.issues(),
            self.gc_handles.issues(),
            self.finalization.issues(),
            self.waiting.issues(),
            self.verification.issues(),
            self.heap_stat.issues(),
            self.collections.issues(),
            self.empty_arrays.issues(),
        ];
        for own in own.into_iter().flatten() {
            issues.append(own.clone());
        }
        issues
    }

    /// Why what is made of references and roots may be incomplete; `None`, if it is not.
    pub fn graph_partial(&self) -> Option<String> {
        partial_reason(&self.basis_issues(Basis::Graph))
    }

    fn fact<T>(&self, basis: Basis, value: T, issues: Issues) -> Fact<T> {
        let partial = partial_reason(&issues).or_else(|| partial_reason(&self.basis_issues(basis)));
        Fact { value, issues, partial }
    }

    /// The deepest basis of what was made so far.
    fn deepest(&self) -> Basis {
        let Ok(session) = &self.session else { return Basis::Container };
        match (session.made_graph(), session.made_objects()) {
            (Some(_), _) => Basis::Graph,
            (None, Some(_)) => Basis::Objects,
            (None, None) => Basis::Runtime,
        }
    }

    fn basis_issues(&self, basis: Basis) -> Issues {
        let mut issues = self.container.clone();
        let Ok(session) = &self.session else { return issues };
        let mut add = |from: Basis, found: Option<&Issues>| {
            if let Some(found) = found
                && from <= basis
            {
                issues.append(found.clone());
            }
        };
        add(Basis::Runtime, Some(session.runtime().issues()));
        let objects = session.made_objects();
        add(Basis::Objects, objects.map(|objects| objects.heap().issues()));
        add(Basis::Objects, objects.map(HeapObjects::issues));
        add(Basis::Graph, session.made_graph().map(HeapGraph::issues));
        issues
    }

    /// Says why there is no heap: most often because the dump was written without it.
    fn no_heap(&self, error: crate::SessionError) -> Unavailable {
        match error {
            crate::SessionError::Interrupted(reason) => Unavailable::Interrupted(reason),
            crate::SessionError::Heap(error) => {
                let lacks = limitations(&self.minidump, self.snapshot);
                let why = lacks.first().filter(|lack| **lack == Limitation::NoFullMemory);
                match why.and_then(Limitation::remedy) {
                    Some(remedy) => absent(&format!("the dump holds no heap memory; {remedy}")),
                    None => absent(&error.to_string()),
                }
            }
            other => absent(&other.to_string()),
        }
    }
}

fn absent(why: &str) -> Unavailable {
    Unavailable::Absent(why.to_owned())
}

/// The first reason why an answer with these issues is not complete.
fn partial_reason(issues: &Issues) -> Option<String> {
    issues.iter().find(|issue| issue.kind.makes_partial()).map(ToString::to_string)
}

impl fmt::Debug for Facts<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_can_be_shared_by_threads() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Facts<'_, '_>>();
    }
}
