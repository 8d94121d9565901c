//! Modules and types of the real dumps, compared with what the programs said of themselves and with
//! what another reader sees.

mod details;
mod methods;
mod modules;
mod names;
mod truths;
