//! `dumpheap`: the objects of the heap, one by one or by type.

use clap::{ArgAction, Args};
use clrscope::analyze::{
    GenerationFilter, Liveness, Selection, Selector, UNKNOWN_STRINGS, census, string_groups,
    thin_locks,
};
use clrscope::clr::AddressRange;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dumpheap::{
    HeapRows, ObjectList, Statistics, StringStatistics, ThinLockList,
};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};
use crate::{similar, value};

/// What to list, and how.
#[derive(Debug, Default, Args)]
pub(crate) struct DumpHeap {
    #[command(flatten)]
    selected: Selected,

    /// Print types with their counts and sizes only
    #[arg(long, conflicts_with_all = ["short", "strings", "thinlock"])]
    stat: bool,

    /// Print addresses only, for pipes
    #[arg(long, conflicts_with_all = ["strings", "thinlock"])]
    short: bool,

    /// Count strings by content
    #[arg(long, conflicts_with = "thinlock")]
    strings: bool,

    /// List objects that are locked without a sync block
    #[arg(long)]
    thinlock: bool,

    /// Sort types by count, not by size
    #[arg(long)]
    bycount: bool,

    #[command(flatten)]
    _ignored: IgnoreGcState,
}

/// SOS refuses a heap that a collection is at work on. Here it is read as far as it goes, and the answer says
/// what was lost.
#[derive(Debug, Default, Args)]
pub(crate) struct IgnoreGcState {
    /// Taken for SOS's sake: a heap is always read
    #[arg(long = "ignoregcstate", hide = true)]
    _is_set: bool,
}

/// The objects that an answer is about.
#[derive(Debug, Default, Args)]
pub(crate) struct Selected {
    /// Objects with this method table
    #[arg(long, value_name = "ADDRESS", value_parser = value::address)]
    mt: Option<VirtAddr>,

    /// Objects whose type's name contains this text
    #[arg(long = "type", value_name = "TEXT")]
    type_name: Option<String>,

    /// Objects of at least this many bytes
    #[arg(long, value_name = "BYTES", value_parser = value::number)]
    min: Option<u64>,

    /// Objects of at most this many bytes
    #[arg(long, value_name = "BYTES", value_parser = value::number)]
    max: Option<u64>,

    /// Objects of a generation: 0, 1, 2, loh, poh or frozen
    #[arg(long = "gen", value_name = "GENERATION", value_parser = generation)]
    generation: Option<GenerationFilter>,

    /// Objects that a root keeps alive
    #[arg(long, conflicts_with = "dead")]
    live: bool,

    /// Objects that nothing keeps alive
    #[arg(long)]
    dead: bool,

    #[command(flatten)]
    place: Place,
}

/// A part of the heap.
#[derive(Debug, Default, Args)]
pub(crate) struct Place {
    /// Objects of the heap with this number
    #[arg(long, value_name = "N")]
    heap: Option<u32>,

    /// Objects of the segment or region that has this address in it
    #[arg(long, value_name = "ADDRESS", value_parser = value::address)]
    segment: Option<VirtAddr>,

    /// Objects from the first address, and before the second
    #[arg(value_names = ["START", "END"], num_args = 0..=2, action = ArgAction::Append,
          value_parser = value::address)]
    range: Vec<VirtAddr>,
}

impl DumpHeap {
    /// A generation by type; with a method table its objects one by one.
    pub(super) fn of_generation(
        generation: GenerationFilter,
        type_name: Option<String>,
        mt: Option<VirtAddr>,
    ) -> DumpHeap {
        let selected =
            Selected { mt, type_name, generation: Some(generation), ..Selected::default() };
        DumpHeap { selected, stat: mt.is_none(), ..DumpHeap::default() }
    }
}

impl Selected {
    /// The objects of this choice.
    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        Ok(Selection {
            method_table: self.mt,
            type_name: self.type_name.clone(),
            // SOS takes zero for no limit.
            min_bytes: self.min.filter(|&bytes| bytes > 0),
            max_bytes: self.max.filter(|&bytes| bytes > 0),
            generation: self.generation,
            alive: (self.live || self.dead).then_some(self.live),
            ..self.place.selection()?
        })
    }
}

impl Place {
    /// The objects of this part.
    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        let range = match *self.range {
            [] => None,
            [start] => Some(AddressRange::new(start, VirtAddr(u64::MAX))),
            [start, end] if start <= end => Some(AddressRange::new(start, end)),
            _ => return Err(Failure::Usage("the range of addresses ends before it starts".into())),
        };
        Ok(Selection { heap: self.heap, segment: self.segment, range, ..Selection::default() })
    }
}

/// A generation as people and SOS write it.
pub(super) fn generation(text: &str) -> Result<GenerationFilter, String> {
    match text.to_ascii_lowercase().as_str() {
        "0" | "gen0" => Ok(GenerationFilter::Small(0)),
        "1" | "gen1" => Ok(GenerationFilter::Small(1)),
        "2" | "gen2" => Ok(GenerationFilter::Small(2)),
        "3" | "loh" | "large" => Ok(GenerationFilter::Large),
        "4" | "poh" | "pinned" => Ok(GenerationFilter::Pinned),
        "frozen" | "foh" | "nongc" => Ok(GenerationFilter::Frozen),
        _ => Err("a generation is 0, 1, 2, loh, poh or frozen".to_owned()),
    }
}

impl Action for DumpHeap {
    const NAME: &'static str = "dumpheap";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Objects of the heap, one by one or by type";
    const EXAMPLES: &'static str = "
        clrscope dumpheap app.dmp -stat
        clrscope dumpheap app.dmp -type System.String -max 100
        clrscope dumpheap app.dmp -mt 00007ff89d2a4f10 -short
        clrscope dumpheap app.dmp -stat -gen loh --format csv
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let selection = self.selected.selection()?;
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let searched = match selection.alive {
            Some(_) => Some(context.search(&objects, &mut issues)?),
            None => None,
        };
        let mut selector = Selector::new(&objects, &labels, &selection);
        if let Some((graph, search)) = &searched {
            if !search.complete() {
                return Err(Failure::unfinished(search));
            }
            selector = selector.with_liveness(Liveness { graph, search });
        }
        if !selector.has_segments() && !selection.is_everything() {
            return Err(Failure::NotFound("no segment of the heap is selected".to_owned()));
        }
        if let Some(text) = &self.selected.type_name
            && !objects.types().iter().any(|(id, _)| labels.name(id).contains(text.as_str()))
        {
            // That there are none is the answer. Whoever misspelled the name wants to know.
            context.note(&similar::no_type(text, &context.type_names()?));
        }
        let control = context.control();
        if self.strings {
            let Some(groups) = string_groups(&objects, &selector, &control)? else {
                return Err(Failure::NotKnown(UNKNOWN_STRINGS.to_owned()));
            };
            return context.answer(&StringStatistics::new(&groups), &issues);
        }
        if self.thinlock {
            let locks = thin_locks(&objects, &selector, &control)?;
            return context.answer(&ThinLockList::new(&locks, &labels), &issues);
        }
        let mut census = census(&objects, &selector, &control)?;
        if self.bycount {
            census.types.sort_by_key(|count| (count.count, count.ty));
        }
        let statistics = Statistics::new(&census, objects.types(), &labels);
        if self.stat {
            return context.answer(&statistics, &issues);
        }
        let rows = HeapRows::new(objects.types(), &labels, &selector);
        context.answer(&ObjectList { objects: &rows, statistics, short: self.short }, &issues)
    }
}
