use std::collections::BTreeSet;

use clrscope_memory::{Control, Interrupted};
use proptest::prelude::*;

use super::*;
use crate::testing::{edges, ids, node};
use crate::{Csr, Graph, ObjectId, Parent, Search};

const FREE: Control<'static> = Control::new();
const ALL: PathLimits = PathLimits { paths: usize::MAX, steps: 1 << 20 };

fn graph(nodes: u32, edges: &[(ObjectId, ObjectId)]) -> Graph {
    Csr::from_edges(nodes, edges, &FREE).unwrap().into()
}

/// Every simple path that starts at `path`'s end and ends at `target`.
fn extend(
    edges: &BTreeSet<(ObjectId, ObjectId)>,
    path: &mut Vec<ObjectId>,
    target: ObjectId,
    found: &mut Vec<Vec<ObjectId>>,
) {
    let last = *path.last().unwrap();
    if last == target {
        found.push(path.clone());
        return;
    }
    for &(_, to) in edges.iter().filter(|edge| edge.0 == last) {
        if !path.contains(&to) {
            path.push(to);
            extend(edges, path, target, found);
            path.pop();
        }
    }
}

fn simple(graph: &Graph, roots: &[ObjectId], target: ObjectId, limits: PathLimits) -> Paths {
    let search = Search::run(graph, roots, &FREE).unwrap();
    simple_paths(&search, &graph.reversed(&FREE).unwrap(), target, limits, &FREE).unwrap()
}

#[test]
fn cycles_never_loop() {
    let ring = graph(3, &ids([(0, 1), (1, 2), (2, 0), (1, 1), (1, 0)]));
    let found = simple(&ring, &[ObjectId(0)], ObjectId(2), ALL);
    let only = RootPath { root: 0, objects: [0, 1, 2].map(ObjectId).to_vec() };
    assert_eq!(found, Paths { paths: vec![only], stop: None });
}

#[test]
fn of_more_paths_than_could_be_counted_the_first_are_listed() {
    // A chain of 60 diamonds: 2^60 paths of one length.
    let mut edges = Vec::new();
    for diamond in 0..60 {
        let first = diamond * 3;
        edges.extend(
            ids([(0, 1), (0, 2), (1, 3), (2, 3)])
                .map(|(from, to)| (ObjectId(first + from.0), ObjectId(first + to.0))),
        );
    }
    let graph = graph(181, &edges);
    let limits = PathLimits { paths: 100, steps: 100_000 };
    let found = simple(&graph, &[ObjectId(0)], ObjectId(180), limits);
    assert_eq!(found.stop, Some(Stop::Limit));
    let distinct: BTreeSet<_> = found.paths.iter().collect();
    assert_eq!(distinct.len(), 100);
    assert!(found.paths.iter().all(|path| path.objects.len() == 121));
    // The first takes no more steps than it has objects, and those beside it.
    let limits = PathLimits { paths: 1, steps: 240 };
    assert_eq!(simple(&graph, &[ObjectId(0)], ObjectId(180), limits).paths.len(), 1);
}

#[test]
fn a_path_through_a_list_of_100000_takes_as_many_steps() {
    let nodes = 100_000;
    let mut edges: Vec<_> = (1..nodes).map(|to| (ObjectId(to - 1), ObjectId(to))).collect();
    edges.extend((1..nodes).map(|to| (ObjectId(to), ObjectId(to - 1))));
    let graph = graph(nodes, &edges);
    let limits = PathLimits { paths: 10, steps: 1_000_000 };
    let found = simple(&graph, &[ObjectId(0)], ObjectId(nodes - 1), limits);
    assert_eq!((found.paths.len(), found.stop), (1, None));
    let path = path_between(&graph, ObjectId(0), ObjectId(nodes - 1), &FREE).unwrap().unwrap();
    assert_eq!(path.len(), nodes as usize);
}

#[test]
fn a_stopped_search_makes_no_complete_list() {
    let graph = graph(3, &ids([(0, 2), (1, 2)]));
    let reverse = graph.reversed(&FREE).unwrap();
    let roots = [ObjectId(0), ObjectId(1)];
    let search = Search::run_limited(&graph, &roots, 1, &FREE).unwrap();
    let found = simple_paths(&search, &reverse, ObjectId(2), ALL, &FREE).unwrap();
    assert_eq!((found.paths.len(), found.stop), (2, Some(Stop::Limit)));
    let cancel = std::sync::atomic::AtomicBool::new(true);
    let control = Control::new().with_cancel(&cancel);
    let stopped = path_between(&graph, ObjectId(0), ObjectId(1), &control);
    assert_eq!(stopped, Err(Interrupted::Cancelled));
    let stopped =
        paths_from_each_root(&reverse, &roots, roots.len(), ObjectId(2), 9, &control).unwrap();
    assert_eq!((stopped.paths.len(), stopped.complete()), (0, false));
}

proptest! {
    #[test]
    fn all_simple_paths_are_listed_the_shortest_first(
        (nodes, edges) in edges(7, 16),
        roots in prop::collection::vec(node(7), 0..4),
        target in node(7),
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        prop_assume!(target.0 < nodes);
        let graph = graph(nodes, &edges);
        let mut expected = Vec::new();
        let distinct: BTreeSet<_> = edges.iter().copied().collect();
        for root in roots.iter().copied().collect::<BTreeSet<_>>() {
            extend(&distinct, &mut vec![root], target, &mut expected);
        }
        let all = simple(&graph, &roots, target, ALL);
        prop_assert!(all.complete());
        prop_assert!(all.paths.is_sorted_by_key(|path| path.objects.len()));
        for path in &all.paths {
            prop_assert_eq!(path.objects[0], roots[path.root as usize]);
        }
        let mut listed: Vec<_> = all.paths.iter().map(|path| path.objects.clone()).collect();
        listed.sort();
        expected.sort();
        prop_assert_eq!(&listed, &expected);

        for count in 0..=listed.len() {
            let some = simple(&graph, &roots, target, PathLimits { paths: count, ..ALL });
            prop_assert_eq!(&some.paths, &all.paths[..count]);
            prop_assert_eq!(some.complete(), count == listed.len());
        }
        // Wherever the steps run out, what is missing is not called complete.
        for steps in 0..60 {
            let some = simple(&graph, &roots, target, PathLimits { steps, ..ALL });
            prop_assert_eq!(&some.paths, &all.paths[..some.paths.len()]);
            prop_assert!(!some.complete() || some.paths.len() == all.paths.len());
        }
    }

    #[test]
    fn paths_between_and_from_each_root_are_shortest(
        (nodes, edges) in edges(40, 80),
        roots in prop::collection::vec(node(45), 0..6),
        target in node(40),
        preferred in 0usize..7,
    ) {
        prop_assume!(target.0 < nodes);
        let graph = graph(nodes, &edges);
        let reverse = graph.reversed(&FREE).unwrap();
        let found = paths_from_each_root(&reverse, &roots, preferred, target, usize::MAX, &FREE).unwrap();
        prop_assert!(found.complete());
        let mut expected = Vec::new();
        for (root, &object) in (0..).zip(&roots) {
            let alone = Search::run(&graph, &[object], &FREE).unwrap();
            let path = path_between(&graph, object, target, &FREE).unwrap();
            prop_assert_eq!(path.as_ref().map(|path| path.len() as u32 - 1), alone.distance(target));
            if let Some(path) = path {
                prop_assert_eq!((path.first(), path.last()), (Some(&object), Some(&target)));
                let step = |pair: &[ObjectId]| edges.contains(&(pair[0], pair[1]));
                prop_assert!(path.windows(2).all(step));
                expected.push((preferred <= root as usize, path.len(), root));
            }
        }
        expected.sort();
        let sort = |path: &RootPath| (preferred <= path.root as usize, path.objects.len(), path.root);
        let listed: Vec<_> = found.paths.iter().map(sort).collect();
        prop_assert_eq!(&listed, &expected);
        for path in &found.paths {
            prop_assert_eq!(path.objects[0], roots[path.root as usize]);
            prop_assert!(path.objects.windows(2).all(|pair| edges.contains(&(pair[0], pair[1]))));
        }
        if let Some(less) = listed.len().checked_sub(1) {
            let some = paths_from_each_root(&reverse, &roots, preferred, target, less, &FREE).unwrap();
            prop_assert_eq!((&some.paths[..], some.complete()), (&found.paths[..less], false));
        }
    }

    #[test]
    fn merged_paths_count_every_target_once(
        (nodes, edges) in edges(40, 80),
        roots in prop::collection::vec(node(40), 1..5),
        targets in prop::collection::vec(node(45), 0..30),
        kinds in 1u64..5,
    ) {
        let roots: Vec<_> = roots.into_iter().filter(|root| root.0 < nodes).collect();
        let search = Search::run(&graph(nodes, &edges), &roots, &FREE).unwrap();
        let label = |step| match step {
            Parent::Root(root) => u64::from(root) % 2,
            Parent::Object(object) => u64::from(object.0) % kinds,
        };
        let tree = PathTree::merge(&search, targets.iter().copied(), label, &FREE).unwrap();
        let distinct: BTreeSet<_> = targets.iter().copied().collect();
        let path = |target: &ObjectId| search.path_to(*target);
        let paths: Vec<_> = distinct.iter().filter_map(path).collect();
        let unreached = targets.iter().filter(|target| search.path_to(**target).is_none()).count();
        prop_assert_eq!(tree.unreached() as usize, unreached);

        // Each node, as the labels that lead to it, with the paths that begin with them.
        let mut listed = Vec::new();
        let mut open: Vec<(u32, Vec<u64>)> = tree.tops().iter().map(|&top| (top, vec![])).collect();
        while let Some((index, mut labels)) = open.pop() {
            let node = tree.nodes()[index as usize];
            labels.push(label(node.step));
            let below = tree.below(index);
            prop_assert!(below.iter().all(|&child| tree.nodes()[child as usize].parent == Some(index)));
            let targets = |&child: &u32| std::cmp::Reverse(tree.nodes()[child as usize].targets);
            prop_assert!(below.is_sorted_by_key(targets));
            open.extend(below.iter().map(|&child| (child, labels.clone())));
            listed.push((labels, node.targets, node.objects));
        }
        listed.sort();
        let labels_of = |path: &RootPath| -> Vec<u64> {
            let steps = path.objects.iter().map(|&object| label(Parent::Object(object)));
            std::iter::once(label(Parent::Root(path.root))).chain(steps).collect()
        };
        let labelled: Vec<_> = paths.iter().map(|path| (labels_of(path), path)).collect();
        let prefixes: BTreeSet<Vec<u64>> = labelled
            .iter()
            .flat_map(|(labels, _)| (1..=labels.len()).map(|end| labels[..end].to_vec()))
            .collect();
        let expected: Vec<_> = prefixes
            .into_iter()
            .map(|prefix| {
                let through = labelled.iter().filter(|(labels, _)| labels.starts_with(&prefix));
                let depth = prefix.len().checked_sub(2);
                let at = |(_, path): &(Vec<u64>, &RootPath)| depth.map(|depth| path.objects[depth]);
                let objects: BTreeSet<_> = through.clone().filter_map(at).collect();
                let count = through.count() as u64;
                (prefix, count, objects.len() as u32)
            })
            .collect();
        prop_assert_eq!(listed, expected);
    }
}
