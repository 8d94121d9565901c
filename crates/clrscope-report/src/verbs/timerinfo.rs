//! `timerinfo`: the timers that are set.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use clrscope_analyze::TimerEntry;
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimerRow {
    /// Its entry in a queue.
    pub address: Address,
    /// Whether it is among those that are due soon.
    pub short: Option<bool>,
    /// Milliseconds from when it was set to its next tick.
    pub due: Option<u32>,
    /// Milliseconds from tick to tick; null if it ticks once.
    pub period: Option<u32>,
    /// When it was set, in milliseconds since the machine started.
    pub start_ticks: Option<i64>,
    /// The object that it calls with.
    pub state: Option<Address>,
    /// The name of that object's type.
    pub state_name: Option<String>,
    /// The method that it calls, if it is known.
    pub method: Option<String>,
    /// The object that it calls it on.
    pub target: Option<Address>,
    /// The name of that object's type.
    pub target_name: Option<String>,
}

/// Timers that do the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimerGroupRow {
    /// How many.
    pub count: u64,
    /// Milliseconds from tick to tick.
    pub period: Option<u32>,
    /// The method that they call.
    pub method: Option<String>,
    /// The name of the type of what they call with.
    pub state_name: Option<String>,
}

/// The answer of `timerinfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimerInfo {
    /// Whether queues of timers were found; they are not there if no timer was ever set.
    pub found: bool,
    /// How many are set.
    pub count: u64,
    /// The timers by what they do, the most numerous first.
    pub groups: Vec<TimerGroupRow>,
    /// The timers.
    pub timers: Vec<TimerRow>,
    /// Whether text shows groups only.
    #[serde(skip)]
    pub stat: bool,
}

impl TimerInfo {
    /// Says which timers are set; `None` if no queue was found.
    pub fn new(timers: Option<&[TimerEntry]>, stat: bool) -> TimerInfo {
        let list = timers.unwrap_or_default();
        let mut groups: Vec<TimerGroupRow> = Vec::new();
        let mut places = BTreeMap::new();
        for timer in list {
            let state = timer.state.as_ref().map(|(_, name)| name.as_str());
            let key = (timer.method.as_deref(), state, timer.period);
            let place = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.count += 1,
                None => groups.push(TimerGroupRow {
                    count: 1,
                    period: timer.period,
                    method: timer.method.clone(),
                    state_name: state.map(str::to_owned),
                }),
            }
        }
        groups.sort_by_key(|group| Reverse(group.count));
        TimerInfo {
            found: timers.is_some(),
            count: list.len() as u64,
            groups,
            timers: list.iter().map(TimerRow::new).collect(),
            stat,
        }
    }
}

impl TimerRow {
    fn new(timer: &TimerEntry) -> TimerRow {
        let address =
            |named: &Option<(_, String)>| named.as_ref().map(|(at, _)| Address::from(*at));
        let name = |named: &Option<(_, String)>| named.as_ref().map(|(_, name)| name.clone());
        TimerRow {
            address: timer.address.into(),
            short: timer.is_short,
            due: timer.due,
            period: timer.period,
            start_ticks: timer.start_ticks,
            state: address(&timer.state),
            state_name: name(&timer.state),
            method: timer.method.clone(),
            target: address(&timer.target),
            target_name: name(&timer.target),
        }
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let list = match self.short {
            Some(true) => "S",
            Some(false) => "L",
            None => "-",
        };
        let due = self
            .due
            .map_or_else(|| "never".to_owned(), |due| format!("{} ms", Grouped(due.into())));
        let every = every(self.period);
        let method = Escaped(self.method.as_deref().unwrap_or("<unknown method>"));
        write!(
            page,
            "({list}) {} @ {due}, {every} | {method}",
            style.address(self.address.into())
        )?;
        if let Some(state) = self.state {
            let name = Escaped(self.state_name.as_deref().unwrap_or_default());
            write!(page, " | {} {name}", style.address(state.into()))?;
        }
        writeln!(page)
    }
}

fn every(period: Option<u32>) -> String {
    period
        .map_or_else(|| "once".to_owned(), |period| format!("every {} ms", Grouped(period.into())))
}

impl Report for TimerInfo {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if !self.found {
            return writeln!(
                page,
                "No queue of timers was found: as a rule, no timer was ever set."
            );
        }
        if !self.stat {
            self.timers.iter().try_for_each(|timer| timer.text(page))?;
            writeln!(page)?;
        }
        writeln!(page, "Timers that are set: {}.", Grouped(self.count))?;
        if self.groups.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        let mut table = Columns::new(&[
            ("Count", Align::Right),
            ("Ticks", Align::Left),
            ("Calls", Align::Left),
            ("With", Align::Left),
        ]);
        for group in &self.groups {
            table.row([
                &Grouped(group.count) as &dyn std::fmt::Display,
                &every(group.period),
                &Escaped(group.method.as_deref().unwrap_or("<unknown method>")),
                &Escaped(group.state_name.as_deref().unwrap_or("-")),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "address",
            "short",
            "due",
            "period",
            "method",
            "target",
            "state",
            "state_name",
        ])?;
        self.timers.iter().try_for_each(|timer| {
            rows.row(&[
                timer.address.into(),
                timer.short.map_or(Cell::Empty, Cell::Flag),
                Cell::optional_number(timer.due.map(u64::from)),
                Cell::optional_number(timer.period.map(u64::from)),
                Cell::optional(timer.method.as_deref()),
                timer.target.map_or(Cell::Empty, Cell::from),
                timer.state.map_or(Cell::Empty, Cell::from),
                Cell::optional(timer.state_name.as_deref()),
            ])
        })
    }
}
