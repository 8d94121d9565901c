//! The most obvious way to compute what the other crates compute fast. Made to be right by looking at
//! it, for small inputs.

/// The 64-bit FNV-1a over addresses as whole words, in the order given.
pub fn address_hash(addresses: impl IntoIterator<Item = u64>) -> u64 {
    addresses
        .into_iter()
        .fold(14695981039346656037, |hash, address| (hash ^ address).wrapping_mul(1099511628211))
}

/// The wrapping sum over references of `(source * 31) ^ target`: the order does not matter.
pub fn reference_hash(references: impl IntoIterator<Item = (u64, u64)>) -> u64 {
    references
        .into_iter()
        .fold(0, |sum: u64, (source, target)| sum.wrapping_add(source.wrapping_mul(31) ^ target))
}

/// For each node of a graph given by successors, its distance from the nearest of `roots`.
///
/// # Panics
/// If a successor or root is not a node.
pub fn distances(successors: &[Vec<usize>], roots: &[usize]) -> Vec<Option<u32>> {
    distances_without(successors, roots, None)
}

/// For each node of a graph, the bytes that would be unreachable from `roots` without it: its retained
/// size. Zero for a node that is not reachable. Takes time with the square of the graph.
///
/// # Panics
/// If a successor or root is not a node, or `sizes` does not have one for each node.
pub fn retained_sizes(successors: &[Vec<usize>], roots: &[usize], sizes: &[u64]) -> Vec<u64> {
    let bytes = |distances: &[Option<u32>]| -> u64 {
        (0..sizes.len()).filter(|&node| distances[node].is_some()).map(|node| sizes[node]).sum()
    };
    let all = bytes(&distances(successors, roots));
    (0..successors.len())
        .map(|node| all - bytes(&distances_without(successors, roots, Some(node))))
        .collect()
}

/// For each node of a graph, its immediate dominator: `None` for a node that is not reachable or is
/// dominated by nothing but the roots together. Takes time with the cube of the graph.
///
/// # Panics
/// If a successor or root is not a node.
pub fn immediate_dominators(successors: &[Vec<usize>], roots: &[usize]) -> Vec<Option<usize>> {
    let nodes = successors.len();
    let reached = distances(successors, roots);
    let without: Vec<_> =
        (0..nodes).map(|node| distances_without(successors, roots, Some(node))).collect();
    let dominates = |a: usize, b: usize| a != b && reached[b].is_some() && without[a][b].is_none();
    (0..nodes)
        .map(|node| {
            let strict: Vec<usize> = (0..nodes).filter(|&other| dominates(other, node)).collect();
            // The immediate one is dominated by all the others.
            strict
                .iter()
                .copied()
                .find(|&near| strict.iter().all(|&other| other == near || dominates(other, near)))
        })
        .collect()
}

fn distances_without(
    successors: &[Vec<usize>],
    roots: &[usize],
    removed: Option<usize>,
) -> Vec<Option<u32>> {
    let mut distances = vec![None; successors.len()];
    let mut front: Vec<usize> = roots.to_vec();
    let mut distance = 0;
    while !front.is_empty() {
        let mut next = Vec::new();
        for node in front {
            if Some(node) != removed && distances[node].is_none() {
                distances[node] = Some(distance);
                next.extend_from_slice(&successors[node]);
            }
        }
        front = next;
        distance += 1;
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_oracle() {
        assert_eq!(address_hash([]), 0xcbf29ce484222325);
        assert_eq!(address_hash([0x61]), 0xaf63dc4c8601ec8c);
        assert_eq!(reference_hash([(1, 2), (2, 1)]), (31 ^ 2) + (62 ^ 1));
    }

    #[test]
    fn a_diamond_is_retained_by_its_top() {
        // 0 → 1, 2; 1 → 3; 2 → 3; 4 is garbage that points to 3.
        let successors = [vec![1, 2], vec![3], vec![3], vec![], vec![3]];
        let sizes = [1, 10, 100, 1000, 10000];
        assert_eq!(distances(&successors, &[0]), [Some(0), Some(1), Some(1), Some(2), None]);
        assert_eq!(retained_sizes(&successors, &[0], &sizes), [1111, 10, 100, 1000, 0]);
        assert_eq!(
            immediate_dominators(&successors, &[0]),
            [None, Some(0), Some(0), Some(0), None]
        );
    }
}
