use petgraph::graph::{DiGraph, NodeIndex};
use proptest::prelude::*;

use super::*;
use crate::testing::{edges, ids, node, with_threads};
use crate::{Csr, NodeSet, retained_by_set};

const FREE: Control<'static> = Control::new();

type Edges = Vec<(ObjectId, ObjectId)>;

fn graph(nodes: u32, edges: &[(ObjectId, ObjectId)]) -> Graph {
    Csr::from_edges(nodes, edges, &FREE).unwrap().into()
}

/// Odd sizes, of which no two subsets that matter have the same sum by chance.
fn size(object: ObjectId) -> u64 {
    (u64::from(object.0) * 2_654_435_761) % 10_007 + 1
}

/// What is reachable from the roots when some nodes are taken away.
fn live(nodes: u32, edges: &Edges, roots: &[ObjectId], gone: &[ObjectId]) -> Vec<bool> {
    let mut rows = vec![Vec::new(); nodes as usize];
    edges.iter().for_each(|(from, to)| rows[from.index()].push(*to));
    let mut live = vec![false; nodes as usize];
    let mut open = roots.to_vec();
    while let Some(object) = open.pop() {
        if !gone.contains(&object) && !std::mem::replace(&mut live[object.index()], true) {
            open.extend(&rows[object.index()]);
        }
    }
    live
}

fn lost_bytes(before: &[bool], after: &[bool]) -> u64 {
    let lost =
        before.iter().zip(after).zip(0..).filter(|((before, after), _)| **before && !**after);
    lost.map(|(_, object)| size(ObjectId(object))).sum()
}

fn petgraph_holders(nodes: u32, edges: &Edges, roots: &[ObjectId]) -> Vec<Option<Holder>> {
    let mut other = DiGraph::<(), ()>::new();
    (0..=nodes).for_each(|_| _ = other.add_node(()));
    let index = |object: ObjectId| NodeIndex::new(object.index());
    let top = NodeIndex::new(nodes as usize);
    roots.iter().for_each(|&root| _ = other.add_edge(top, index(root), ()));
    edges.iter().for_each(|&(from, to)| _ = other.add_edge(index(from), index(to), ()));
    let found = petgraph::algo::dominators::simple_fast(&other, top);
    let holder = |object| match found.immediate_dominator(index(object)) {
        Some(node) if node == top => Some(Holder::Roots),
        Some(node) => Some(Holder::Object(ObjectId(node.index() as u32))),
        None => None,
    };
    (0..nodes).map(ObjectId).map(holder).collect()
}

#[test]
fn nothing_holds_nothing() {
    for graph in [graph(0, &[]), graph(2, &ids([(0, 1)]))] {
        let dominators = Dominators::run(&graph, &[], &FREE).unwrap();
        assert_eq!(dominators.reached(), 0);
        assert_eq!(dominators.holder(ObjectId(0)), None);
        assert_eq!(dominators.chain(ObjectId(1)).count(), 0);
        let retained = dominators.retained(size, &FREE).unwrap();
        assert_eq!((retained.total(), retained.of(ObjectId(0))), (0, 0));
        assert!(retained.top(3).is_empty());
        assert_eq!(dominators.children(&FREE).unwrap().of(Holder::Roots).len(), 0);
    }
}

#[test]
fn chain_fan_and_cycle_are_exact() {
    // 0 → 1 → 2 → 3; 4 → {5, 6, 7}; 8 → 9 → 10 → 8, 7 held by 9 as well.
    let edges = ids([
        (0, 1),
        (1, 2),
        (2, 3),
        (4, 5),
        (4, 6),
        (4, 7),
        (8, 9),
        (9, 10),
        (10, 8),
        (9, 7),
        (11, 0),
    ]);
    let graph = graph(12, &edges);
    let roots = [0, 4, 8, 99].map(ObjectId);
    let dominators = Dominators::run(&graph, &roots, &FREE).unwrap();
    let retained = dominators.retained(|_| 100, &FREE).unwrap();
    let sizes: Vec<u64> = (0..12).map(|object| retained.of(ObjectId(object))).collect();
    assert_eq!(sizes, [400, 300, 200, 100, 300, 100, 100, 100, 300, 200, 100, 0]);
    assert_eq!((retained.total(), dominators.reached()), (1100, 11));
    let top = [(ObjectId(0), 400), (ObjectId(1), 300), (ObjectId(4), 300), (ObjectId(8), 300)];
    assert_eq!(retained.top(4), top);
    let chain: Vec<_> = dominators.chain(ObjectId(2)).collect();
    let objects = [2, 1, 0].map(|object| Holder::Object(ObjectId(object)));
    assert_eq!(chain, [&objects[..], &[Holder::Roots]].concat());
    let children = dominators.children(&FREE).unwrap();
    let below: Vec<_> = children.of(Holder::Roots).collect();
    assert_eq!(below, [0, 4, 7, 8].map(|object| Holder::Object(ObjectId(object))));
}

#[test]
fn a_list_and_a_ladder_of_a_million_need_no_recursion() {
    let nodes = 1_000_000;
    let mut edges: Edges = (1..nodes).map(|to| (ObjectId(to - 1), ObjectId(to))).collect();
    let list = graph(nodes, &edges);
    let dominators = Dominators::run(&list, &[ObjectId(0)], &FREE).unwrap();
    let retained = dominators.retained(|_| 1, &FREE).unwrap();
    assert_eq!(retained.of(ObjectId(1)), u64::from(nodes) - 1);
    assert_eq!(dominators.chain(ObjectId(nodes - 1)).count(), nodes as usize + 1);
    // With a way back from each to the one before, nothing changes.
    edges.extend((1..nodes).map(|from| (ObjectId(from), ObjectId(from - 1))));
    edges.extend((1..nodes).map(|from| (ObjectId(from), ObjectId(0))));
    let ladder = graph(nodes, &edges);
    let dominators = Dominators::run(&ladder, &[ObjectId(0)], &FREE).unwrap();
    let retained = dominators.retained(|_| 1, &FREE).unwrap();
    assert_eq!(retained.of(ObjectId(1)), u64::from(nodes) - 1);
}

#[test]
fn a_value_is_held_by_its_key_and_freed_with_it() {
    let pair = |key, value| crate::Ephemeron { key: ObjectId(key), value: ObjectId(value) };
    let list = |_: std::ops::Range<u32>, emit: &mut crate::Emit<'_>| emit(ObjectId(0), ObjectId(1));
    let graph = Graph::build(4, list, &[pair(1, 2), pair(3, 0)], &FREE).unwrap();
    let dominators = Dominators::run(&graph, &[ObjectId(0)], &FREE).unwrap();
    assert_eq!(dominators.holder(ObjectId(2)), Some(Holder::Object(ObjectId(1))));
    assert!(!dominators.reachable(ObjectId(3)));
}

#[test]
fn the_budget_is_asked_first_and_an_interrupted_run_is_no_answer() {
    let graph = graph(3, &ids([(0, 1), (1, 2)]));
    let needed = Dominators::memory_needed(3, 2);
    let control = Control::new().with_memory_budget(needed - 1);
    let refused = Interrupted::OverBudget { needed, budget: needed - 1 };
    assert_eq!(Dominators::run(&graph, &[ObjectId(0)], &control).unwrap_err(), refused);
    let cancel = std::sync::atomic::AtomicBool::new(true);
    let control = Control::new().with_cancel(&cancel);
    let stopped = Dominators::run(&graph, &[ObjectId(0)], &control).unwrap_err();
    assert_eq!(stopped, Interrupted::Cancelled);
}

fn compare_with_petgraph(nodes: u32, edges: &Edges, roots: &[ObjectId]) {
    let graph = graph(nodes, edges);
    let dominators = Dominators::run(&graph, roots, &FREE).unwrap();
    let holders: Vec<_> = (0..nodes).map(|node| dominators.holder(ObjectId(node))).collect();
    assert_eq!(holders, petgraph_holders(nodes, edges, roots));
    let again = with_threads(3, || Dominators::run(&graph, roots, &FREE).unwrap());
    assert_eq!((again.numbers, again.holders), (dominators.numbers, dominators.holders));
}

proptest! {
    #[test]
    fn holders_and_sizes_are_those_of_taking_nodes_away(
        (nodes, edges) in edges(40, 100),
        roots in prop::collection::vec(node(40), 0..5),
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        let dominators = Dominators::run(&graph(nodes, &edges), &roots, &FREE).unwrap();
        let retained = dominators.retained(size, &FREE).unwrap();
        let all = live(nodes, &edges, &roots, &[]);
        prop_assert_eq!(dominators.reached() as usize, all.iter().filter(|&&live| live).count());
        prop_assert_eq!(retained.total(), lost_bytes(&all, &vec![false; nodes as usize]));
        let without: Vec<_> =
            (0..nodes).map(|node| live(nodes, &edges, &roots, &[ObjectId(node)])).collect();
        for object in (0..nodes).map(ObjectId) {
            prop_assert_eq!(retained.of(object), lost_bytes(&all, &without[object.index()]));
            // The dominators of an object are those without which it is gone.
            let mut chain: Vec<_> = dominators.chain(object).collect();
            chain.sort();
            let mut expected = Vec::new();
            if all[object.index()] {
                let needed = |node: &u32| !without[*node as usize][object.index()];
                expected.push(Holder::Roots);
                expected.extend((0..nodes).filter(needed).map(|node| Holder::Object(ObjectId(node))));
            }
            prop_assert_eq!(chain, expected);
        }
    }

    #[test]
    fn thousands_of_nodes_agree_with_petgraph(
        seed in (500u32..3000, 1usize..4).prop_flat_map(|(nodes, ways)| {
            let edges = prop::collection::vec((node(nodes), -30i32..30, 0..nodes), nodes as usize * ways);
            (Just(nodes), edges, prop::collection::vec(node(nodes), 0..20))
        }),
    ) {
        let (nodes, draws, roots) = seed;
        let target = |from: ObjectId, near: i32, far: u32| match far % 8 {
            0 => ObjectId(far),
            _ => ObjectId((from.0 as i32 + near).rem_euclid(nodes as i32) as u32),
        };
        let edges = draws.iter().map(|&(from, near, far)| (from, target(from, near, far))).collect();
        compare_with_petgraph(nodes, &edges, &roots);
    }

    #[test]
    fn a_group_retains_what_only_its_roots_reach(
        (nodes, edges) in edges(40, 60),
        groups in prop::collection::vec(prop::collection::vec(node(45), 0..4), 1..6),
    ) {
        let graph = graph(nodes, &edges);
        let dominators = Dominators::run_grouped(&graph, &groups, &FREE).unwrap();
        let retained = dominators.retained(size, &FREE).unwrap();
        let known = |groups: &[Vec<ObjectId>]| -> Vec<ObjectId> {
            groups.iter().flatten().copied().filter(|root| root.0 < nodes).collect()
        };
        let all = live(nodes, &edges, &known(&groups), &[]);
        prop_assert_eq!(dominators.reached() as usize, all.iter().filter(|&&live| live).count());
        for group in 0..groups.len() {
            let mut others = groups.clone();
            others[group].clear();
            let without = live(nodes, &edges, &known(&others), &[]);
            prop_assert_eq!(retained.of_group(group as u32), lost_bytes(&all, &without));
        }
        let children = dominators.children(&FREE).unwrap();
        let below: u64 = children.of(Holder::Roots).map(|child| retained.of_holder(child)).sum();
        prop_assert_eq!(below, retained.total());
    }

    #[test]
    fn a_set_retains_what_is_gone_without_it(
        (nodes, edges) in edges(40, 100),
        roots in prop::collection::vec(node(40), 0..5),
        members in prop::collection::vec(node(40), 0..8),
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        let graph = graph(nodes, &edges);
        let mut set = NodeSet::new(nodes);
        members.iter().for_each(|&member| _ = set.insert(member));
        let totals = retained_by_set(&graph, &roots, &set, size, &FREE).unwrap();
        let all = live(nodes, &edges, &roots, &[]);
        let without = live(nodes, &edges, &roots, &members);
        prop_assert_eq!(totals.bytes, lost_bytes(&all, &without));
        let lost = all.iter().zip(&without).filter(|(all, without)| **all && !**without).count();
        prop_assert_eq!(totals.objects, lost as u64);

        // What the outermost of them retain one by one is never more.
        let dominators = Dominators::run(&graph, &roots, &FREE).unwrap();
        let retained = dominators.retained(size, &FREE).unwrap();
        let children = dominators.children(&FREE).unwrap();
        let mut outer = Vec::new();
        let label = |object| u32::from(set.contains(object));
        children
            .outermost(2, label, |label, object| if label == 1 { outer.push(object) }, &FREE)
            .unwrap();
        outer.sort();
        let outermost = |object: &ObjectId| {
            let above = |holder| matches!(holder, Holder::Object(other) if set.contains(other));
            set.contains(*object)
                && dominators.reachable(*object)
                && !dominators.chain(*object).skip(1).any(above)
        };
        let expected: Vec<_> = (0..nodes).map(ObjectId).filter(outermost).collect();
        prop_assert_eq!(&outer, &expected);
        prop_assert!(outer.iter().map(|&object| retained.of(object)).sum::<u64>() <= totals.bytes);
    }
}
