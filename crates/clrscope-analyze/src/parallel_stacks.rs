//! Stacks of many threads as one picture: what they have in common is shown once.

use crate::thread_stacks::ThreadStack;

/// A run of frames that the same threads have in common, called by their parent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackGroup {
    /// Index of the group that called this one; `None` where threads begin.
    pub parent: Option<usize>,
    /// How many groups called each other to get here; zero where threads begin.
    pub depth: usize,
    /// Methods, innermost first.
    pub methods: Vec<String>,
    /// The threads that have these frames, by index into the stacks.
    pub threads: Vec<usize>,
    /// Those of them whose innermost managed frame is the first of these.
    pub ending: Vec<usize>,
}

/// What frames of methods without a name are shown as.
const UNKNOWN: &str = "<unknown method>";

/// Merges stacks from where threads begin, by the names of their methods. Groups are in an order in which
/// those called come before their callers, so that the innermost frames are on top; threads without
/// managed frames are in none.
pub fn parallel_stacks(stacks: &[ThreadStack]) -> Vec<StackGroup> {
    let methods = |stack: &ThreadStack| -> Vec<String> {
        let managed = stack.frames.iter().filter(|frame| frame.explicit.is_none()).rev();
        managed.map(|frame| frame.method.clone().unwrap_or_else(|| UNKNOWN.to_owned())).collect()
    };
    merge(&stacks.iter().map(methods).collect::<Vec<_>>())
}

/// A frame in the tree of all stacks.
#[derive(Debug, Default)]
struct Node {
    method: String,
    children: Vec<usize>,
    threads: Vec<usize>,
    ending: Vec<usize>,
}

/// Merges lists of methods, outermost first.
fn merge(stacks: &[Vec<String>]) -> Vec<StackGroup> {
    let mut nodes = vec![Node::default()];
    for (thread, methods) in stacks.iter().enumerate() {
        let mut at = 0;
        for method in methods {
            let known = nodes[at].children.iter().find(|&&child| nodes[child].method == *method);
            at = known.copied().unwrap_or_else(|| {
                let new = nodes.len();
                nodes.push(Node { method: method.clone(), ..Node::default() });
                nodes[at].children.push(new);
                new
            });
            nodes[at].threads.push(thread);
        }
        if at != 0 {
            nodes[at].ending.push(thread);
        }
    }
    groups(&nodes)
}

/// Joins nodes with their only callers; callers come first on the way, and last in the result.
fn groups(nodes: &[Node]) -> Vec<StackGroup> {
    let mut groups: Vec<StackGroup> = Vec::new();
    // Those pushed last are visited first; the whole is turned round at the end.
    let mut pending: Vec<(usize, Option<usize>)> =
        nodes[0].children.iter().map(|&child| (child, None)).collect();
    while let Some((first, parent)) = pending.pop() {
        let mut last = first;
        let mut methods = vec![nodes[first].method.clone()];
        while let ([only], []) = (&nodes[last].children[..], &nodes[last].ending[..]) {
            last = *only;
            methods.push(nodes[last].method.clone());
        }
        methods.reverse();
        let depth = parent.map_or(0, |parent: usize| groups[parent].depth + 1);
        let (threads, ending) = (nodes[first].threads.clone(), nodes[last].ending.clone());
        pending.extend(nodes[last].children.iter().map(|&child| (child, Some(groups.len()))));
        groups.push(StackGroup { parent, depth, methods, threads, ending });
    }
    let count = groups.len();
    for group in &mut groups {
        group.parent = group.parent.map(|parent| count - 1 - parent);
    }
    groups.reverse();
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stack(text: &str) -> Vec<String> {
        text.chars().map(|method| method.to_string()).collect()
    }

    #[test]
    fn what_stacks_share_is_there_once() {
        let groups = merge(&[stack("mab"), stack("mac"), stack("ma"), stack(""), stack("x")]);
        let shown: Vec<_> = groups
            .iter()
            .map(|group| {
                let (parent, depth) = (group.parent, group.depth);
                (group.methods.concat(), parent, depth, &group.threads[..], &group.ending[..])
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("b".to_owned(), Some(2), 1, &[0][..], &[0][..]),
                ("c".to_owned(), Some(2), 1, &[1][..], &[1][..]),
                ("am".to_owned(), None, 0, &[0, 1, 2][..], &[2][..]),
                ("x".to_owned(), None, 0, &[4][..], &[4][..]),
            ]
        );
    }

    proptest! {
        #[test]
        fn every_stack_can_be_read_from_the_groups(
            stacks in prop::collection::vec("[abc]{0,6}", 0..20),
        ) {
            let groups = merge(&stacks.iter().map(|text| stack(text)).collect::<Vec<_>>());
            for (thread, text) in stacks.iter().enumerate() {
                let ends: Vec<_> =
                    (0..groups.len()).filter(|&g| groups[g].ending.contains(&thread)).collect();
                prop_assert_eq!(ends.len(), usize::from(!text.is_empty()));
                let mut read = String::new();
                let mut at = ends.first().copied();
                while let Some(group) = at {
                    prop_assert!(groups[group].threads.contains(&thread));
                    prop_assert!(groups[group].parent.is_none_or(|parent| parent > group));
                    read.push_str(&groups[group].methods.concat());
                    at = groups[group].parent;
                }
                prop_assert_eq!(read.chars().rev().collect::<String>(), text.clone());
            }
        }
    }
}
