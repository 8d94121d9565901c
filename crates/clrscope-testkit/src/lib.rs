//! What the tests and benches of the other crates are measured with: real dumps with what is known of
//! them, and naive versions of what the crates compute.
//!
//! * [`corpus`] opens the real dumps of `testdata/` and of the wider corpus, unpacked and ready to be
//!   mapped, each with what the process said of itself and what another reader sees in it.
//! * [`clr`] builds dumps of processes with a managed heap of any size and layout, with the truth beside them.
//! * [`minidump`] builds minidumps of any contents, sound and damaged.
//! * [`naive`] computes hashes, reachability and retained sizes in the most obvious way.
//!
//! For development only: these functions panic when something is wrong with the files of the project.

pub mod bytes;
pub mod clr;
pub mod corpus;
pub mod minidump;
pub mod naive;
pub mod random;
