use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::*;
use crate::testing::{edges, ids, node};
use crate::{Csr, Ephemeron};

const FREE: Control<'static> = Control::new();

fn graph(nodes: u32, edges: &[(ObjectId, ObjectId)]) -> Graph {
    Csr::from_edges(nodes, edges, &FREE).unwrap().into()
}

/// Distances by a queue.
fn distances(nodes: u32, edges: &[(ObjectId, ObjectId)], roots: &[ObjectId]) -> Vec<Option<u32>> {
    let mut found = vec![None; nodes as usize];
    let mut queue: VecDeque<_> = roots.iter().map(|&root| (root, 0)).collect();
    while let Some((object, distance)) = queue.pop_front() {
        if found[object.index()].is_none() {
            found[object.index()] = Some(distance);
            let row = edges.iter().filter(|edge| edge.0 == object);
            queue.extend(row.map(|edge| (edge.1, distance + 1)));
        }
    }
    found
}

fn check_path(search: &Search, edges: &[(ObjectId, ObjectId)], roots: &[ObjectId], to: ObjectId) {
    let path = search.path_to(to).unwrap();
    assert_eq!(path.objects.first(), Some(&roots[path.root as usize]));
    assert_eq!(path.objects.last(), Some(&to));
    assert_eq!(path.objects.len() as u32, search.distance(to).unwrap() + 1);
    assert!(path.objects.windows(2).all(|pair| edges.contains(&(pair[0], pair[1]))));
}

#[test]
fn without_roots_nothing_is_reachable() {
    let search = Search::run(&graph(3, &ids([(0, 1)])), &[], &FREE).unwrap();
    assert!(search.complete());
    assert_eq!(search.reached(), 0);
    assert_eq!(search.reachable(ObjectId(0)), Some(false));
    assert_eq!(search.path_to(ObjectId(0)), None);
    assert_eq!(search.reachable(ObjectId(3)), Some(false));
}

#[test]
fn the_first_of_two_roots_of_an_object_counts() {
    let roots = [9, 1, 1, 0].map(ObjectId);
    let search = Search::run(&graph(3, &ids([(0, 1), (1, 2), (0, 2)])), &roots, &FREE).unwrap();
    assert_eq!(search.parent(ObjectId(1)), Some(Parent::Root(1)));
    assert_eq!(search.parent(ObjectId(0)), Some(Parent::Root(3)));
    assert_eq!(search.parent(ObjectId(2)), Some(Parent::Object(ObjectId(1))));
}

#[test]
fn roots_of_the_better_sort_come_first_even_if_they_are_farther() {
    // 0 -> 1 -> 2 -> 3, and 4 -> 3 -> 5.
    let graph = graph(6, &ids([(0, 1), (1, 2), (2, 3), (4, 3), (3, 5)]));
    let roots = [0, 4].map(ObjectId);
    let search = Search::run_preferring(&graph, &roots, 1, &FREE).unwrap();
    assert_eq!(search.path_to(ObjectId(5)).unwrap().objects, [0, 1, 2, 3, 5].map(ObjectId));
    // What only the others lead to is reached by them.
    assert_eq!(search.path_to(ObjectId(4)).unwrap().root, 1);
    let search = Search::run(&graph, &roots, &FREE).unwrap();
    assert_eq!(search.path_to(ObjectId(5)).unwrap().objects, [4, 3, 5].map(ObjectId));
}

#[test]
fn a_cancelled_search_says_nothing_of_what_it_has_not_reached() {
    let nodes = 50_000;
    let next = |from| (ObjectId(from), ObjectId((from + 1) % nodes));
    let ring: Vec<_> = (0..nodes).map(next).collect();
    let graph = graph(nodes, &ring);
    let cancel = AtomicBool::new(false);
    let report = |_| cancel.store(true, Ordering::Relaxed);
    let control = Control::new().with_progress(&report).with_cancel(&cancel);
    let search = Search::run(&graph, &[ObjectId(0)], &control).unwrap();
    assert_eq!(search.stop(), Some(Stop::Interrupted(Interrupted::Cancelled)));
    assert_eq!(search.reachable(ObjectId(0)), Some(true));
    assert_eq!(search.reachable(ObjectId(nodes - 1)), None);
    let search = Search::run(&graph, &[ObjectId(0)], &control).unwrap();
    assert_eq!((search.reached(), search.reachable(ObjectId(0))), (0, None));
}

#[test]
fn a_search_costs_at_most_24_bytes_an_object_and_asks_for_them_first() {
    let nodes = 1000;
    assert!(Search::memory_needed(nodes) <= 24 * u64::from(nodes));
    let graph = graph(nodes, &ids([(0, 999)]));
    let needed = Search::memory_needed(nodes);
    let control = Control::new().with_memory_budget(needed - 1);
    let refused = Interrupted::OverBudget { needed, budget: needed - 1 };
    assert_eq!(Search::run(&graph, &[ObjectId(0)], &control).unwrap_err(), refused);
    let control = Control::new().with_memory_budget(needed);
    assert_eq!(Search::run(&graph, &[ObjectId(0)], &control).unwrap().reached(), 2);
}

/// What a collector does: marks, then scans all pairs again until a scan marks nothing.
fn fixpoint(
    nodes: u32,
    edges: &[(ObjectId, ObjectId)],
    pairs: &[Ephemeron],
    roots: &[ObjectId],
) -> Vec<bool> {
    let mut roots = roots.to_vec();
    loop {
        let live: Vec<bool> =
            distances(nodes, edges, &roots).iter().map(|distance| distance.is_some()).collect();
        let before = roots.len();
        let due = |pair: &&Ephemeron| live[pair.key.index()] && !live[pair.value.index()];
        roots.extend(pairs.iter().filter(due).map(|pair| pair.value));
        if roots.len() == before {
            return live;
        }
    }
}

proptest! {
    #[test]
    fn preference_changes_no_reachability(
        (nodes, edges) in edges(40, 90),
        roots in prop::collection::vec(node(40), 0..6),
        preferred in 0usize..7,
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        let graph = graph(nodes, &edges);
        let search = Search::run_preferring(&graph, &roots, preferred, &FREE).unwrap();
        let first = distances(nodes, &edges, &roots[..preferred.min(roots.len())]);
        let all = distances(nodes, &edges, &roots);
        for object in (0..nodes).map(ObjectId) {
            prop_assert_eq!(search.reachable(object), Some(all[object.index()].is_some()));
            if let Some(distance) = first[object.index()] {
                prop_assert_eq!(search.distance(object), Some(distance));
            }
            if search.reachable(object) == Some(true) {
                check_path(&search, &edges, &roots, object);
            }
        }
    }

    #[test]
    fn distances_are_the_queue_s(
        (nodes, edges) in edges(80, 200),
        roots in prop::collection::vec(node(80), 0..5),
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        let search = Search::run(&graph(nodes, &edges), &roots, &FREE).unwrap();
        let expected = distances(nodes, &edges, &roots);
        prop_assert_eq!(search.reached() as usize, expected.iter().flatten().count());
        for (object, &distance) in (0..).map(ObjectId).zip(&expected) {
            prop_assert_eq!(search.distance(object), distance);
            prop_assert_eq!(search.reachable(object), Some(distance.is_some()));
            if distance.is_some() {
                check_path(&search, &edges, &roots, object);
            }
        }
    }

    /// Whatever step the budget ends at, nothing is called unreachable before the end.
    #[test]
    fn a_budget_that_runs_out_never_yields_unreachable(
        (nodes, edges) in edges(40, 90),
        roots in prop::collection::vec(node(40), 0..4),
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        let expected = distances(nodes, &edges, &roots);
        let graph = graph(nodes, &edges);
        let mut finished = false;
        for limit in 0..=u64::from(nodes) {
            let search = Search::run_limited(&graph, &roots, limit, &FREE).unwrap();
            for (object, &distance) in (0..).map(ObjectId).zip(&expected) {
                match search.reachable(object) {
                    Some(true) => {
                        prop_assert_eq!(search.distance(object), distance);
                        check_path(&search, &edges, &roots, object);
                    }
                    Some(false) => prop_assert!(search.complete() && distance.is_none()),
                    None => prop_assert_eq!(search.stop(), Some(Stop::Limit)),
                }
            }
            prop_assert!(search.complete() || !finished);
            finished = search.complete();
        }
        prop_assert!(finished);
    }

    #[test]
    fn ephemerons_are_followed_to_the_fixpoint(
        (nodes, edges) in edges(30, 30),
        pairs in prop::collection::vec((node(30), node(30)), 0..30),
        root in node(30),
    ) {
        let roots: Vec<_> = [root].into_iter().filter(|root| root.0 < nodes).collect();
        let pairs: Vec<_> = pairs
            .into_iter()
            .filter(|(key, value)| key.0 < nodes && value.0 < nodes)
            .map(|(key, value)| Ephemeron { key, value })
            .collect();
        let list = |range: std::ops::Range<u32>, emit: &mut crate::Emit<'_>| {
            for &(from, to) in edges.iter().filter(|edge| range.contains(&edge.0.0)) {
                emit(from, to);
            }
        };
        let graph = Graph::build(nodes, list, &pairs, &FREE).unwrap();
        let search = Search::run(&graph, &roots, &FREE).unwrap();
        let live: Vec<_> =
            (0..nodes).map(|node| search.reachable(ObjectId(node)) == Some(true)).collect();
        prop_assert_eq!(live, fixpoint(nodes, &edges, &pairs, &roots));
    }
}
