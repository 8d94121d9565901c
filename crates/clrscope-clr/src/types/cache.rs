//! What is found out once and kept.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// Values that are found once and kept.
pub(super) struct Cache<K, V>(RwLock<FxHashMap<K, V>>);

impl<K: Copy + Eq + Hash, V: Clone> Cache<K, V> {
    pub(super) fn new() -> Cache<K, V> {
        Cache(RwLock::default())
    }

    /// The value of a key; found without a lock held, so that finding it may ask for others.
    pub(super) fn get_or(&self, key: K, find: impl FnOnce() -> V) -> V {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = kept.get(&key) {
            return value.clone();
        }
        drop(kept);
        let value = find();
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.entry(key).or_insert(value).clone()
    }
}
