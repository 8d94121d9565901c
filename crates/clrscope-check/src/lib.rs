//! Budgets and assertions on dumps of .NET processes, for continuous integration.
//!
//! A rule file ([`Rules::parse`]) says what a process may hold; [`check`] asks a dump. Every rule comes out
//! as [`Status::Passed`], [`Status::Failed`] or [`Status::Inconclusive`]: where something is missing from
//! the dump, or a limit stopped the search, no rule passes, because what is missing might break it.
//! It still fails if what is known is enough for that.
//!
//! ```
//! use clrscope_check::Rules;
//!
//! let rules = Rules::parse(
//!     r#"
//!     [[rule]]
//!     name = "closed sessions are gone"
//!     type = "MyApp.Session"
//!     alive = false
//!
//!     [[rule]]
//!     name = "the cache keeps to its budget"
//!     static = "MyApp.Cache.*"
//!     max_retained_bytes = "16MB"
//!     "#,
//! )?;
//! assert_eq!(rules.iter().count(), 2);
//!
//! let error = Rules::parse("[[rule]]\nname = \"x\"\ntype = \"A\"\nmax_cuont = 1\n").unwrap_err();
//! assert_eq!(error.line, Some(4));
//! # Ok::<(), clrscope_check::RuleError>(())
//! ```
//!
//! The format is described in `docs/check.md`; `docs/rules.schema.json` is its JSON schema.

mod entry;
mod evaluate;
mod growth;
mod measure;
mod outcome;
mod paths;
mod pattern;
#[cfg(feature = "query")]
mod query;
mod rule;

pub use crate::entry::RuleError;
pub use crate::evaluate::{Checked, check};
pub use crate::outcome::{Outcome, Status};
pub use crate::pattern::Pattern;
pub use crate::rule::{Bound, Level, Limit, MemoryKind, Origin, Rule, Rules, Subject};
