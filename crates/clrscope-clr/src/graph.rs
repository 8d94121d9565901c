//! Who on the heap refers to whom, and what keeps it alive: the objects, references and roots of a
//! heap as integers for `clrscope-graph`, and the way back from those integers.

mod edges;
mod root;
mod roots;
mod sizes;

use std::fmt;
use std::sync::Arc;

use clrscope_graph::{Dominators, Graph, GraphError, ObjectId, ObjectMap, Paths, RootPath, Search};
use clrscope_memory::{Control, Interrupted, Issue, IssueKind, Issues, VirtAddr};

pub use self::root::{Root, RootFrame, RootKind, StackSlot, StaticName, ThreadHandle};
pub use self::sizes::Sizes;
use crate::heap::{HeapObjects, Object};

/// What a graph is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphOptions {
    /// Whether what is on the stacks and in the registers of threads counts as a root. By default, it
    /// does. Without it, nothing can be called dead.
    pub stacks: bool,
}

impl Default for GraphOptions {
    fn default() -> Self {
        GraphOptions { stacks: true }
    }
}

/// The objects of a heap, their references, and the roots. Free objects are not in it. Cloning is cheap.
#[derive(Clone)]
pub struct HeapGraph<'data> {
    inner: Arc<Inner<'data>>,
}

struct Inner<'data> {
    objects: HeapObjects<'data>,
    map: ObjectMap,
    graph: Graph,
    roots: Vec<Root>,
    /// For each root, the object that it keeps alive.
    targets: Vec<ObjectId>,
    /// How many of the roots say who holds what; they come first.
    holding: usize,
    issues: Issues,
    has_stacks: bool,
}

impl<'data> HeapObjects<'data> {
    /// Builds the graph of all objects, with its roots.
    ///
    /// # Errors
    /// If there are more objects than ids, or `control` stops it.
    pub fn graph(
        &self,
        options: &GraphOptions,
        control: &Control<'_>,
    ) -> Result<HeapGraph<'data>, GraphError> {
        let map = self.numbers(control)?;
        let mut issues = Issues::new();
        let found = roots::find(self, &map, options, control, &mut issues)?;
        let graph = edges::build(self, &map, &found, control)?;
        let inner = Inner {
            objects: self.clone(),
            map,
            graph,
            holding: found.roots.partition_point(|root| root.kind.holds()),
            roots: found.roots,
            targets: found.targets,
            issues,
            has_stacks: options.stacks,
        };
        Ok(HeapGraph { inner: Arc::new(inner) })
    }
}

impl<'data> HeapGraph<'data> {
    /// The objects.
    pub fn objects(&self) -> &HeapObjects<'data> {
        &self.inner.objects
    }

    /// The numbers of the objects: by address, in order.
    pub fn map(&self) -> &ObjectMap {
        &self.inner.map
    }

    /// The references, and what dependent handles add to them. Of the arrays in which the runtime keeps
    /// statics none is listed: their elements are roots.
    pub fn graph(&self) -> &Graph {
        &self.inner.graph
    }

    /// The roots. Named ones come first, so that of two roots of one object the one that says more
    /// is found; those that do not say who holds what ([`RootKind::holds`]) come last.
    pub fn roots(&self) -> &[Root] {
        &self.inner.roots
    }

    /// For each root, the object that it keeps alive: for an interior pointer, the one it points into.
    pub fn root_targets(&self) -> &[ObjectId] {
        &self.inner.targets
    }

    /// What was wrong while the roots were gathered. If anything was, roots may be missing, and what
    /// is not reached may be alive all the same.
    pub fn issues(&self) -> &Issues {
        &self.inner.issues
    }

    /// Whether all roots and all references are known, as far as anybody can tell: what a search that
    /// came to its end has not reached is dead then. Without stacks, or if memory is missing, it may be
    /// alive.
    pub fn is_conclusive(&self) -> bool {
        let heap = self.objects().heap();
        let issues = [self.issues(), self.objects().issues(), heap.issues()];
        let lacks =
            |issue: &Issue| !matches!(issue.kind, IssueKind::Disagreement | IssueKind::Overlap);
        self.inner.has_stacks && !issues.iter().flat_map(|issues| issues.iter()).any(lacks)
    }

    /// The number of the object that begins at `address`.
    pub fn id(&self, address: VirtAddr) -> Option<ObjectId> {
        self.inner.map.id(address.0)
    }

    /// The object that `address` points at or into, and where it begins.
    pub fn containing(&self, address: VirtAddr) -> Option<(ObjectId, VirtAddr)> {
        self.inner.objects.containing(&self.inner.map, address)
    }

    /// Whether the stacks of threads are among the roots.
    pub fn has_stacks(&self) -> bool {
        self.inner.has_stacks
    }

    /// Where the object with this number begins.
    pub fn address(&self, id: ObjectId) -> Option<VirtAddr> {
        self.inner.map.address(id).map(VirtAddr)
    }

    /// The object with this number.
    pub fn object(&self, id: ObjectId) -> Option<Object> {
        self.inner.objects.object_at(self.address(id)?)
    }

    /// Finds what is alive, and a shortest path to each object, from all roots: from one of
    /// [`HeapGraph::holding_roots`], if one leads there.
    ///
    /// # Errors
    /// If the memory budget does not allow it. A search that is stopped is not an error: it says
    /// that it is not complete.
    pub fn search(&self, control: &Control<'_>) -> Result<Search, Interrupted> {
        let Inner { graph, targets, holding, .. } = &*self.inner;
        Search::run_preferring(graph, targets, *holding, control)
    }

    /// A shortest path from each root that reaches an object, those of [`HeapGraph::holding_roots`] first,
    /// and then the shortest; at most `limit`.
    ///
    /// # Errors
    /// If `control` stops it before it has begun.
    pub fn paths_from_each_root(
        &self,
        target: ObjectId,
        limit: usize,
        control: &Control<'_>,
    ) -> Result<Paths, Interrupted> {
        let Inner { graph, targets, holding, .. } = &*self.inner;
        let reverse = graph.reversed(control)?;
        clrscope_graph::paths_from_each_root(&reverse, targets, *holding, target, limit, control)
    }

    /// The roots that say who holds what ([`RootKind::holds`]), each with its object.
    pub fn holding_roots(&self) -> impl Iterator<Item = (&Root, ObjectId)> {
        let roots = self.inner.roots.iter().zip(self.inner.targets.iter().copied());
        roots.take(self.inner.holding)
    }

    /// Finds what alone holds what: the dominator of each object that a root of
    /// [`HeapGraph::holding_roots`] keeps alive.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn dominators(&self, control: &Control<'_>) -> Result<Dominators, Interrupted> {
        let targets: Vec<ObjectId> = self.holding_roots().map(|(_, target)| target).collect();
        Dominators::run(&self.inner.graph, &targets, control)
    }

    /// The root and the objects of a path.
    pub fn resolve<'a>(&'a self, path: &RootPath) -> Option<(&'a Root, Vec<Object>)> {
        let root = self.inner.roots.get(path.root as usize)?;
        let objects = path.objects.iter().map(|&id| self.object(id)).collect::<Option<_>>()?;
        Some((root, objects))
    }

    /// The raw size of each object.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn sizes(&self, control: &Control<'_>) -> Result<Sizes, Interrupted> {
        Sizes::read(&self.inner.objects, &self.inner.map, control)
    }
}

impl fmt::Debug for HeapGraph<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapGraph")
            .field("objects", &self.inner.map.len())
            .field("edges", &self.inner.graph.edges().edges())
            .field("roots", &self.inner.roots.len())
            .finish_non_exhaustive()
    }
}
