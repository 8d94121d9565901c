//! The analyses: each made of what the process is known by, when it is first asked for.

use clrscope_clr::{LoaderHeaps, NameStyle, Verification};
use clrscope_memory::{Control, Issue, IssueKind, Issues};

use super::{Basis, Fact, Facts, Unavailable, absent};
use crate::{
    Account, CollectionWaste, DynamicAssemblies, EmptyArray, Finalization, FinalizerThread,
    HandleEntry, HandleGroup, HeapStat, Limitation, OsHandles, RetainedGroup, Selection, Selector,
    StringGroups, TypeLabels, UNKNOWN_STRINGS, Waiting, account, collection_waste,
    dynamic_assemblies, empty_arrays, finalization, handle_list, handle_owners, heap_stat,
    measure_dynamic, os_handles, retained_by_static, string_groups, waiting,
};

impl<'data> Facts<'_, 'data> {
    /// Names of types, as C# writes them.
    ///
    /// # Errors
    /// As [`Facts::objects`].
    pub fn labels(&self, control: &Control<'_>) -> Result<&Fact<TypeLabels>, Unavailable> {
        let objects = self.objects(control)?;
        self.labels.get_or_make(|| {
            let mut issues = Issues::new();
            let labels = TypeLabels::new(objects, NameStyle::CSharp, &mut issues)?;
            Ok(self.fact(Basis::Objects, labels, issues))
        })
    }

    /// What each static field alone keeps alive, most first.
    ///
    /// # Errors
    /// As [`Facts::graph`].
    pub fn statics(&self, control: &Control<'_>) -> Result<&Fact<Vec<RetainedGroup>>, Unavailable> {
        let graph = self.graph(control)?;
        self.statics.get_or_make(|| {
            Ok(self.fact(Basis::Graph, retained_by_static(graph, control)?, Issues::new()))
        })
    }

    /// Assemblies made at run time, with what they take in the heaps of the runtime.
    ///
    /// # Errors
    /// As [`Facts::session`].
    pub fn dynamic(&self) -> Result<&Fact<DynamicAssemblies>, Unavailable> {
        let runtime = self.runtime()?;
        self.dynamic.get_or_make(|| {
            let modules = runtime.modules();
            let mut found = dynamic_assemblies(modules, self.snapshot);
            let mut issues = modules.issues().clone();
            if !found.assemblies.is_empty() {
                let heaps = LoaderHeaps::read(runtime).take(&mut issues);
                measure_dynamic(&mut found, runtime, &heaps, &mut issues);
            }
            Ok(self.fact(Basis::Runtime, found, issues))
        })
    }

    /// Where the memory of the process went. Without a heap it is partial: managed memory is not told
    /// from native.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn account(&self, control: &Control<'_>) -> Result<&Fact<Account>, Unavailable> {
        self.account.get_or_make(|| {
            let mut issues = Issues::new();
            let objects = match self.objects(control) {
                Ok(objects) => Some(objects),
                Err(Unavailable::Absent(why)) => {
                    issues.push(Issue::general(
                        IssueKind::MissingStructure,
                        format!("managed memory is not told from native: {why}"),
                    ));
                    None
                }
                Err(interrupted) => return Err(interrupted),
            };
            let found = account(self.snapshot, objects, &mut issues, control)?;
            let found = match self.os_handles() {
                Ok(handles) => found.with_handles(&handles.value),
                Err(_) => found,
            };
            let basis = objects.map_or(Basis::Container, |_| Basis::Objects);
            Ok(self.fact(basis, found, issues))
        })
    }

    /// Strings by content.
    ///
    /// # Errors
    /// As [`Facts::objects`], and if the runtime does not say which type strings have.
    pub fn strings(
        &self,
        control: &Control<'_>,
    ) -> Result<&Fact<StringGroups<'data>>, Unavailable> {
        let objects = self.objects(control)?;
        self.strings.get_or_make(|| {
            let (labels, selection) = (TypeLabels::default(), Selection::default());
            let selector = Selector::new(objects, &labels, &selection);
            let groups = string_groups(objects, &selector, control)?;
            let groups = groups.ok_or_else(|| absent(UNKNOWN_STRINGS))?;
            Ok(self.fact(Basis::Objects, groups, Issues::new()))
        })
    }

    /// The operating system's handles.
    ///
    /// # Errors
    /// If the dump does not list them.
    pub fn os_handles(&self) -> Result<&Fact<OsHandles>, Unavailable> {
        self.os_handles.get_or_make(|| {
            let mut issues = Issues::new();
            let lack = || absent(&Limitation::NoHandles.complaint());
            let handles = os_handles(&self.minidump, &mut issues).ok_or_else(lack)?;
            Ok(self.fact(Basis::Container, handles, issues))
        })
    }

    /// Whose those are.
    ///
    /// # Errors
    /// As [`Facts::os_handles`] and [`Facts::search`].
    pub fn handle_owners(
        &self,
        control: &Control<'_>,
    ) -> Result<&Fact<Vec<HandleGroup>>, Unavailable> {
        let handles = self.os_handles()?;
        let graph = self.graph(control)?;
        let labels = self.labels(control)?;
        let types = self.runtime()?.types()?;
        self.handle_owners.get_or_make(|| {
            let groups = handle_owners(&handles.value, graph, types, &labels.value, control)?;
            Ok(self.fact(Basis::Graph, groups, Issues::new()))
        })
    }

    /// The handles of the garbage collector.
    ///
    /// # Errors
    /// As [`Facts::objects`].
    pub fn gc_handles(
        &self,
        control: &Control<'_>,
    ) -> Result<&Fact<Vec<HandleEntry>>, Unavailable> {
        let objects = self.objects(control)?;
        self.gc_handles.get_or_make(|| {
            let mut issues = Issues::new();
            let handles = handle_list(objects, None, &mut issues);
            Ok(self.fact(Basis::Objects, handles, issues))
        })
    }

    /// The finalizer queue.
    ///
    /// # Errors
    /// As [`Facts::objects`].
    pub fn finalization(&self, control: &Control<'_>) -> Result<&Fact<Finalization>, Unavailable> {
        let objects = self.objects(control)?;
        self.finalization.get_or_make(|| {
            let mut issues = Issues::new();
            let found = finalization(objects, &mut issues);
            Ok(self.fact(Basis::Objects, found, issues))
        })
    }

    /// The runtime's threads with their stacks, what each waits for, and who waits for whom.
    ///
    /// # Errors
    /// As [`Facts::session`], and if the threads are not known: every runtime has some.
    pub fn waiting(&self) -> Result<&Fact<Waiting>, Unavailable> {
        let runtime = self.runtime()?;
        self.waiting.get_or_make(|| {
            let mut issues = Issues::new();
            let found = waiting(runtime, self.heap().ok(), NameStyle::CSharp, &mut issues);
            if found.stacks.is_empty() {
                return Err(absent("the threads of the runtime are not known"));
            }
            Ok(self.fact(Basis::Runtime, found, issues))
        })
    }

    /// What the finalizer thread does; `None`, if it is not among the threads.
    ///
    /// # Errors
    /// As [`Facts::waiting`].
    pub fn finalizer_thread(&self) -> Result<Option<FinalizerThread>, Unavailable> {
        Ok(self.waiting()?.value.finalizer(self.runtime()?))
    }

    /// Whether every object and every reference is sound.
    ///
    /// # Errors
    /// As [`Facts::objects`].
    pub fn verification(&self, control: &Control<'_>) -> Result<&Fact<Verification>, Unavailable> {
        let objects = self.objects(control)?;
        self.verification.get_or_make(|| {
            let found = objects.verify(control).map_err(crate::SessionError::from);
            let found = found.map_err(|error| self.no_heap(error))?;
            Ok(self.fact(Basis::Objects, found, Issues::new()))
        })
    }

    /// How full each generation of each heap is, by number of the heap, and what of it is unreachable.
    ///
    /// # Errors
    /// As [`Facts::search`].
    pub fn heap_stat(
        &self,
        control: &Control<'_>,
    ) -> Result<&Fact<Vec<(u32, HeapStat)>>, Unavailable> {
        let graph = self.graph(control)?;
        let search = self.search(control)?;
        self.heap_stat.get_or_make(|| {
            let stat = heap_stat(graph.objects(), Some((graph, &search)), control)?;
            Ok(self.fact(Basis::Graph, stat.into_iter().collect(), Issues::new()))
        })
    }

    /// Collections by type, and how full they are, those that waste most first.
    ///
    /// # Errors
    /// As [`Facts::objects`].
    pub fn collections(
        &self,
        control: &Control<'_>,
    ) -> Result<&Fact<Vec<CollectionWaste>>, Unavailable> {
        let objects = self.objects(control)?;
        let types = self.runtime()?.types()?;
        self.collections.get_or_make(|| {
            let found = collection_waste(objects, types, control)?;
            Ok(self.fact(Basis::Objects, found, Issues::new()))
        })
    }

    /// Large arrays that hold nearly nothing, the largest first.
    ///
    /// # Errors
    /// As [`Facts::objects`].
    pub fn empty_arrays(
        &self,
        control: &Control<'_>,
    ) -> Result<&Fact<Vec<EmptyArray>>, Unavailable> {
        let objects = self.objects(control)?;
        self.empty_arrays.get_or_make(|| {
            Ok(self.fact(Basis::Objects, empty_arrays(objects, control)?, Issues::new()))
        })
    }
}
