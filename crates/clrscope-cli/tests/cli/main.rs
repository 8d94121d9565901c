//! The program as its users meet it: on real dumps, by its output and its exit code.

mod answers;
mod asynchronous;
mod bad_addresses;
mod bad_input;
mod check;
mod diagnose;
mod diff;
mod exceptions;
mod exit_codes;
mod export;
mod golden;
mod harness;
mod hostile;
mod images;
mod loaded;
mod methods;
mod objects;
mod packed;
mod pictures;
mod query;
mod roots;
mod shell;
mod spellings;
mod threads;
mod usage;
mod values;
