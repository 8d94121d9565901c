//! The analyses, on real dumps and on synthetic ones.

mod account;
mod address_map;
mod comparison;
mod dynamic;
mod finalization;
mod handles;
mod pile_ups;
mod rooted;
mod stacks;
mod support;
mod waiting;
