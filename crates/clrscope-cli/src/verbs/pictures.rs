//! `flamegraph` and `treemap`: who alone keeps what alive, as a picture.

use clap::Args;
use clrscope::analyze::{RetainedTreeLimits, retained_tree};
use clrscope_report::verbs::retained_tree::{Picture, RetainedTree};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// How much of the tree.
#[derive(Debug, Args)]
struct Limits {
    /// Levels to show
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = value::count)]
    depth: usize,

    /// Leave out what retains less than one part in N of everything that is alive
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = value::count)]
    parts: usize,
}

impl Limits {
    fn answer(&self, picture: Picture, context: &Context<'_>) -> Result<Outcome, Failure> {
        if picture != Picture::Folded {
            context.refuse_terminal("a picture goes to a file: -o retained.svg")?;
        }
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, true, &mut issues)?;
        let limits = RetainedTreeLimits { depth: self.depth, least: self.parts as u64 };
        let places = retained_tree(&graph, &labels, limits, &context.control())?;
        let dump = context.path().file_name().unwrap_or_default().to_string_lossy();
        context.answer(&RetainedTree::new(places, picture, &dump), &issues)
    }
}

/// The flame graph.
#[derive(Debug, Args)]
pub(crate) struct FlameGraph {
    #[command(flatten)]
    limits: Limits,

    /// No picture but its lines (names separated by `;`, bytes), for other programs that draw them
    #[arg(long)]
    folded: bool,
}

impl Action for FlameGraph {
    const NAME: &'static str = "flamegraph";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Who alone keeps what alive, as a flame graph (SVG)";
    const EXAMPLES: &'static str = "
        clrscope flamegraph app.dmp -o retained.svg
        clrscope flamegraph app.dmp --folded -o retained.folded
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let picture = if self.folded { Picture::Folded } else { Picture::FlameGraph };
        self.limits.answer(picture, context)
    }
}

/// The tree map.
#[derive(Debug, Args)]
pub(crate) struct TreeMap {
    #[command(flatten)]
    limits: Limits,
}

impl Action for TreeMap {
    const NAME: &'static str = "treemap";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Who alone keeps what alive, as a tree map (SVG)";
    const EXAMPLES: &'static str = "
        clrscope treemap app.dmp -o retained.svg
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        self.limits.answer(Picture::TreeMap, context)
    }
}
