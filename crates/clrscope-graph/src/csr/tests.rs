use clrscope_memory::{Control, Interrupted};
use proptest::prelude::*;

use crate::testing::{edges, ids, with_threads};
use crate::{Csr, GraphError, ObjectId};

const FREE: Control<'static> = Control::new();

/// Builds by enumeration from a list that is sorted by nothing.
fn build(
    nodes: u32,
    edges: &[(ObjectId, ObjectId)],
    control: &Control<'_>,
) -> Result<Csr, GraphError> {
    Csr::build(
        nodes,
        |range, emit| {
            for &(from, to) in edges.iter().filter(|edge| range.contains(&edge.0.0)) {
                emit(from, to);
            }
        },
        control,
    )
}

#[test]
fn rows_of_no_nodes_and_of_no_such_node_are_empty() {
    let empty = Csr::from_edges(0, &[], &FREE).unwrap();
    assert_eq!((empty.nodes(), empty.edges()), (0, 0));
    assert!(empty.row(ObjectId(0)).is_empty());
    assert!(empty.row(ObjectId(u32::MAX)).is_empty());
    assert_eq!(empty.reversed(&FREE).unwrap(), empty);
}

#[test]
fn an_edge_to_nowhere_is_refused() {
    let error = GraphError::NoSuchNode { from: ObjectId(0), to: ObjectId(2), nodes: 2 };
    assert_eq!(Csr::from_edges(2, &ids([(1, 0), (0, 2)]), &FREE), Err(error));
    assert_eq!(build(2, &ids([(1, 0), (0, 2)]), &FREE), Err(error));
    let stranger = Csr::build(2, |_, emit| emit(ObjectId(7), ObjectId(0)), &FREE);
    assert_eq!(
        stranger,
        Err(GraphError::NoSuchNode { from: ObjectId(7), to: ObjectId(0), nodes: 2 })
    );
}

#[test]
fn the_budget_names_what_the_counted_edges_need() {
    let list = ids([(0, 1), (1, 2), (2, 0), (2, 2)]);
    let needed = Csr::build_memory_needed(3, 4);
    let control = Control::new().with_memory_budget(needed - 1);
    let refused = Interrupted::OverBudget { needed, budget: needed - 1 };
    assert_eq!(build(3, &list, &control), Err(refused.into()));
    let control = Control::new().with_memory_budget(needed);
    let rows = build(3, &list, &control).unwrap();
    assert_eq!(rows.memory_bytes(), Csr::memory_needed(3, 4));
    assert!(matches!(rows.reversed(&control), Err(Interrupted::OverBudget { .. })));
}

#[test]
fn many_parts_are_the_same_for_any_number_of_threads() {
    let nodes = 200_000;
    let list = |range: std::ops::Range<u32>, emit: &mut super::Emit<'_>| {
        for node in range.rev() {
            for edge in 0..node % 4 {
                let target = node.wrapping_mul(2_654_435_761).wrapping_add(edge) % nodes;
                emit(ObjectId(node), ObjectId(target));
            }
        }
    };
    let one = with_threads(1, || Csr::build(nodes, list, &FREE).unwrap());
    let three = with_threads(3, || Csr::build(nodes, list, &FREE).unwrap());
    assert_eq!(one, three);
    let reversed = with_threads(1, || one.reversed(&FREE).unwrap());
    assert_eq!(reversed, with_threads(3, || one.reversed(&FREE).unwrap()));
}

proptest! {
    #[test]
    fn rows_are_the_list_grouped_by_source((nodes, edges) in edges(60, 300)) {
        let rows = Csr::from_edges(nodes, &edges, &FREE).unwrap();
        prop_assert_eq!(&rows, &build(nodes, &edges, &FREE).unwrap());
        let mut sorted = edges.clone();
        sorted.sort_by_key(|edge| edge.0);
        prop_assert_eq!(rows.iter().collect::<Vec<_>>(), sorted);

        let reversed = rows.reversed(&FREE).unwrap();
        let mut turned: Vec<_> = rows.iter().map(|(from, to)| (to, from)).collect();
        turned.sort();
        prop_assert_eq!(reversed.iter().collect::<Vec<_>>(), turned);
    }
}
