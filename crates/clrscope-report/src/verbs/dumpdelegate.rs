//! `dumpdelegate`: what a delegate calls.

use std::io;

use clrscope_clr::code::MethodFinder;
use clrscope_clr::{DelegateRef, NameStyle};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A delegate that calls one method.
#[derive(Debug, Clone, Serialize)]
pub struct DelegateCall {
    /// The delegate itself.
    pub delegate: Address,
    /// The object that the method is called on, or the first argument of a static one.
    pub target: Option<Address>,
    /// Name of the target's type.
    pub target_name: Option<String>,
    /// The code that it leads to: of the method, or of a stub before it.
    pub entry: Option<Address>,
    /// The runtime's record of the method.
    pub method: Option<Address>,
    /// Name of the method.
    pub name: Option<String>,
}

/// The answer of `dumpdelegate`.
#[derive(Debug, Clone, Serialize)]
pub struct DumpDelegate {
    /// Where it is.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// Name of its type.
    pub name: String,
    /// What is wrong with the object or its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// How it calls: `Closed`, `Open`, `Multicast`, `Wrapper` or `Native`.
    pub form: &'static str,
    /// How many delegates it calls.
    pub count: u64,
    /// What it calls, in order.
    pub calls: Vec<DelegateCall>,
}

impl DumpDelegate {
    /// Says what `delegate` calls, at most `limit` of it.
    pub fn new(
        delegate: &DelegateRef<'_, '_>,
        methods: &MethodFinder<'_>,
        verdict: Option<String>,
        style: NameStyle,
        limit: usize,
    ) -> DumpDelegate {
        let calls = delegate.parts(limit).into_iter().map(|part| {
            let target = part.target();
            let entry = part.entry_point();
            DelegateCall {
                delegate: part.object().address().into(),
                target: target.as_ref().map(|target| target.address().into()),
                target_name: target.map(|target| target.ty().name_in(style)),
                entry: entry.map(Address::from),
                method: entry.and_then(|entry| methods.record_at(entry)).map(Address::from),
                name: methods.of_delegate(&part).map(|name| name.to_string_in(style)),
            }
        });
        let ty = delegate.object().ty();
        DumpDelegate {
            address: delegate.object().address().into(),
            mt: ty.method_table().into(),
            name: ty.name_in(style),
            verdict,
            form: delegate.form().name(),
            count: delegate.part_count(),
            calls: calls.collect(),
        }
    }
}

impl Report for DumpDelegate {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if let Some(verdict) = &self.verdict {
            page.warning(Escaped(verdict))?;
        }
        let style = page.style();
        let width = style.address_width();
        page.heading(&format!("{:width$} {:width$} Name", "Target", "Method"))?;
        let shown = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => format!("{:width$}", "-"),
        };
        for call in &self.calls {
            let name = call.name.as_deref().unwrap_or("<unknown>");
            write!(page, "{} {} {}", shown(call.target), shown(call.method), Escaped(name))?;
            match &call.target_name {
                Some(target) => writeln!(page, "  on {}", Escaped(target))?,
                None => writeln!(page)?,
            }
        }
        if self.count > self.calls.len() as u64 {
            writeln!(page, "{} of {} shown", self.calls.len(), Grouped(self.count))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["delegate", "target", "target_name", "entry", "method", "name"])?;
        for call in &self.calls {
            let cell = |address: Option<Address>| address.map_or(Cell::Empty, Cell::from);
            rows.row(&[
                call.delegate.into(),
                cell(call.target),
                Cell::optional(call.target_name.as_deref()),
                cell(call.entry),
                cell(call.method),
                Cell::optional(call.name.as_deref()),
            ])?;
        }
        Ok(())
    }
}
