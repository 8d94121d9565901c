//! What tables have in common: the dump, and what is dear to make.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clrscope_analyze::{Ownership, Session, TypeLabels};
use clrscope_clr::{HeapGraph, HeapObjects, NameStyle, Runtime, TypeId};
use clrscope_graph::{Csr, ObjectId, Search};
use clrscope_memory::{Control, Interrupted, Issues, VirtAddr};
use clrscope_minidump::Minidump;

use crate::error::QueryError;
use crate::host::Watch;

/// What a database is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s, 'data> {
    /// The runtime whose heap is asked about, with what is made of it.
    pub session: &'s Session<'data>,
    /// The container.
    pub minidump: &'s Minidump<'data>,
    /// How names of types are spelled.
    pub style: NameStyle,
    /// Watches, cancels and bounds what queries do.
    pub control: Control<'s>,
}

/// What tables have in common.
pub(crate) struct Shelf<'s, 'data> {
    pub(crate) source: Source<'s, 'data>,
    objects: OnceLock<&'s HeapObjects<'data>>,
    graph: OnceLock<&'s HeapGraph<'data>>,
    labels: OnceLock<TypeLabels>,
    reversed: OnceLock<Csr>,
    is_conclusive: OnceLock<bool>,
    issues: Mutex<Issues>,
    failure: Mutex<Option<QueryError>>,
}

impl<'s, 'data> Shelf<'s, 'data> {
    pub(crate) fn new(source: Source<'s, 'data>) -> Shelf<'s, 'data> {
        Shelf {
            source,
            objects: OnceLock::new(),
            graph: OnceLock::new(),
            labels: OnceLock::new(),
            reversed: OnceLock::new(),
            is_conclusive: OnceLock::new(),
            issues: Mutex::default(),
            failure: Mutex::default(),
        }
    }

    pub(crate) fn runtime(&self) -> &'s Runtime<'data> {
        self.source.session.runtime()
    }

    pub(crate) fn control(&self) -> &Control<'s> {
        &self.source.control
    }

    pub(crate) fn objects(&self) -> Result<&'s HeapObjects<'data>, QueryError> {
        if let Some(objects) = self.objects.get() {
            return Ok(objects);
        }
        let objects = self.source.session.objects(self.control())?;
        self.add_issues(objects.heap().issues().clone());
        self.add_issues(objects.issues().clone());
        Ok(self.objects.get_or_init(|| objects))
    }

    pub(crate) fn graph(&self) -> Result<&'s HeapGraph<'data>, QueryError> {
        if let Some(graph) = self.graph.get() {
            return Ok(graph);
        }
        self.objects()?;
        let graph = self.source.session.graph(self.control())?;
        self.add_issues(graph.issues().clone());
        Ok(self.graph.get_or_init(|| graph))
    }

    pub(crate) fn search(&self) -> Result<Arc<Search>, QueryError> {
        self.graph()?;
        let search = self.source.session.search(self.control())?;
        // What a search that was stopped did not reach may be alive.
        if search.complete() { Ok(search) } else { Err(Interrupted::TimedOut.into()) }
    }

    /// Whether a root keeps an object alive; `None` where roots or references may be missing that would.
    pub(crate) fn alive(&self, id: ObjectId) -> Result<Option<bool>, QueryError> {
        let (graph, search) = (self.graph()?, self.search()?);
        let is_conclusive = *self.is_conclusive.get_or_init(|| graph.is_conclusive());
        Ok(search.reachable(id).filter(|&alive| alive || is_conclusive))
    }

    pub(crate) fn ownership(&self) -> Result<Arc<Ownership>, QueryError> {
        self.graph()?;
        Ok(self.source.session.ownership(self.control())?)
    }

    /// The edges of the graph turned round: who refers to each object.
    pub(crate) fn reversed(&self) -> Result<&Csr, QueryError> {
        if let Some(reversed) = self.reversed.get() {
            return Ok(reversed);
        }
        let reversed = self.graph()?.graph().edges().reversed(self.control())?;
        Ok(self.reversed.get_or_init(|| reversed))
    }

    /// The names of all types that have objects.
    pub(crate) fn labels(&self) -> Result<&TypeLabels, QueryError> {
        if let Some(labels) = self.labels.get() {
            return Ok(labels);
        }
        let mut issues = Issues::new();
        let labels = TypeLabels::new(self.objects()?, self.source.style, &mut issues)
            .map_err(|error| QueryError::Unavailable(error.to_string()))?;
        self.add_issues(issues);
        Ok(self.labels.get_or_init(|| labels))
    }

    /// The method table of a type.
    pub(crate) fn method_table(&self, ty: TypeId) -> Result<VirtAddr, QueryError> {
        Ok(self.objects()?.types().get(ty).map_or(VirtAddr::NULL, |info| info.address))
    }

    /// The name of the type of an object of the graph.
    pub(crate) fn type_of(&self, id: ObjectId) -> Result<Option<&str>, QueryError> {
        let Some(object) = self.graph()?.object(id) else { return Ok(None) };
        Ok(Some(self.labels()?.name(object.ty)))
    }

    pub(crate) fn add_issues(&self, issues: Issues) {
        self.issues.lock().unwrap_or_else(PoisonError::into_inner).append(issues);
    }

    /// What was wrong where tables looked, so far.
    pub(crate) fn issues(&self) -> Issues {
        self.issues.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the last query failed, if a table did.
    pub(crate) fn take_failure(&self) -> Option<QueryError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Watch for Shelf<'_, '_> {
    fn stops(&self) -> bool {
        match self.control().check() {
            Ok(()) => false,
            Err(reason) => {
                self.failed(reason.into());
                true
            }
        }
    }

    fn failed(&self, error: QueryError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
    }
}
