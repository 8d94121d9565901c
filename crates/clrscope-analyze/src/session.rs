//! What analyses of one runtime have in common, made when it is first asked for, and once.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clrscope_clr::{GraphOptions, Heap, HeapError, HeapGraph, HeapObjects, Runtime};
use clrscope_graph::{GraphError, Search};
use clrscope_memory::{Control, Interrupted};

use crate::Ownership;

/// A runtime with its walked heap, its graph, and what follows from it. Whoever asks several questions
/// of one dump keeps a session, so that each of these is made once.
pub struct Session<'data> {
    runtime: Runtime<'data>,
    heap: Once<Heap<'data>>,
    objects: Once<HeapObjects<'data>>,
    graph: Once<HeapGraph<'data>>,
    search: Once<Arc<Search>>,
    ownership: Once<Arc<Ownership>>,
}

/// Why a session cannot give what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The heap cannot be read.
    #[error(transparent)]
    Heap(#[from] HeapError),
    /// The graph cannot be built.
    #[error(transparent)]
    Graph(GraphError),
    /// A time limit, a budget or the caller stopped it.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<GraphError> for SessionError {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Interrupted(reason) => SessionError::Interrupted(reason),
            other => SessionError::Graph(other),
        }
    }
}

impl<'data> Session<'data> {
    /// A session of `runtime`, in which nothing is made yet.
    pub fn new(runtime: Runtime<'data>) -> Session<'data> {
        Session {
            runtime,
            heap: Once::default(),
            objects: Once::default(),
            graph: Once::default(),
            search: Once::default(),
            ownership: Once::default(),
        }
    }

    /// The runtime.
    pub fn runtime(&self) -> &Runtime<'data> {
        &self.runtime
    }

    /// Its heap.
    ///
    /// # Errors
    /// If the heap cannot be read.
    pub fn heap(&self) -> Result<&Heap<'data>, HeapError> {
        self.heap.get_or_try(|| self.runtime.heap())
    }

    /// All objects of the heap.
    ///
    /// # Errors
    /// If the heap cannot be read, or `control` stops the walk.
    pub fn objects(&self, control: &Control<'_>) -> Result<&HeapObjects<'data>, SessionError> {
        let heap = self.heap()?;
        self.objects.get_or_try(|| Ok(heap.objects(control)?))
    }

    /// The graph of the objects with all roots, those on stacks among them.
    ///
    /// # Errors
    /// As [`Session::objects`], and if the graph cannot be built.
    pub fn graph(&self, control: &Control<'_>) -> Result<&HeapGraph<'data>, SessionError> {
        let objects = self.objects(control)?;
        self.graph.get_or_try(|| Ok(objects.graph(&GraphOptions::default(), control)?))
    }

    /// The objects, if they were made.
    pub fn made_objects(&self) -> Option<&HeapObjects<'data>> {
        self.objects.value.get()
    }

    /// The graph, if it was made.
    pub fn made_graph(&self) -> Option<&HeapGraph<'data>> {
        self.graph.value.get()
    }

    /// What is alive, and a shortest path to it. A search that was stopped says so, and is not kept.
    ///
    /// # Errors
    /// As [`Session::graph`], and if the memory budget does not allow it.
    pub fn search(&self, control: &Control<'_>) -> Result<Arc<Search>, SessionError> {
        let graph = self.graph(control)?;
        let stopped = match self.search.value.get() {
            Some(search) => return Ok(Arc::clone(search)),
            None => Arc::new(graph.search(control)?),
        };
        if !stopped.complete() {
            return Ok(stopped);
        }
        Ok(Arc::clone(self.search.get_or_try(|| Ok::<_, SessionError>(stopped))?))
    }

    /// Who alone holds whom, and how much that is.
    ///
    /// # Errors
    /// As [`Session::graph`].
    pub fn ownership(&self, control: &Control<'_>) -> Result<Arc<Ownership>, SessionError> {
        let graph = self.graph(control)?;
        let make = || Ok::<_, SessionError>(Arc::new(Ownership::new(graph, control)?));
        Ok(Arc::clone(self.ownership.get_or_try(make)?))
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("runtime", &self.runtime.version())
            .field("objects", &self.objects.value.get())
            .field("graph", &self.graph.value.get())
            .finish_non_exhaustive()
    }
}

/// A value that is made once; attempts that fail leave nothing behind.
struct Once<T> {
    value: OnceLock<T>,
    /// Held by who is making it.
    making: Mutex<()>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Once { value: OnceLock::new(), making: Mutex::new(()) }
    }
}

impl<T> Once<T> {
    fn get_or_try<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        match self.value.get() {
            Some(value) => Ok(value),
            None => {
                let value = make()?;
                Ok(self.value.get_or_init(|| value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_failures_are_not_kept() {
        let once = Once::<u32>::default();
        assert_eq!(once.get_or_try(|| Err("not yet")), Err("not yet"));
        assert_eq!(once.get_or_try(|| Ok::<_, ()>(1)), Ok(&1));
        assert_eq!(once.get_or_try(|| Err("never asked")), Ok(&1));
    }

    #[test]
    fn a_session_can_be_shared_by_threads() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Session<'_>>();
    }
}
