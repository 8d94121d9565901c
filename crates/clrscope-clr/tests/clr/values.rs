//! Values of the real dumps' objects, compared with what the program put there.

mod allocations;
mod collections;
mod contents;
mod delegates;
mod exceptions;
mod made_collections;
mod statics;
mod strings;
mod tasks;
mod views;
