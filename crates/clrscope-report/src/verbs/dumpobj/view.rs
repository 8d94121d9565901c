//! An object seen as what it is: a task, a delegate, an exception...

use std::io;

use clrscope_clr::code::{MethodFinder, MethodName};
use clrscope_clr::{Fact, NameStyle, ObjectRef, TextLimits, View};
use clrscope_memory::VirtAddr;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::value;
use crate::escape::Escaped;
use crate::page::{Page, Style};
use clrscope_analyze::Grouped;

/// What an object is, in words that need no knowledge of its fields.
#[derive(Debug, Clone, Serialize)]
pub struct ViewRow {
    /// What it is: `Task`, `Delegate`...
    pub kind: &'static str,
    /// What there is to say: `state`, `method`, `message`...
    pub facts: Map<String, Json>,
    #[serde(skip)]
    lines: Vec<Line>,
}

/// A fact as people read it.
#[derive(Debug, Clone)]
struct Line {
    name: &'static str,
    text: Shown,
    /// Of a list.
    items: Vec<Shown>,
}

/// An address, perhaps, and words.
#[derive(Debug, Clone)]
struct Shown {
    address: Option<VirtAddr>,
    text: String,
}

impl From<String> for Shown {
    fn from(text: String) -> Shown {
        Shown { address: None, text }
    }
}

/// How names are made.
struct Names<'m, 'data> {
    methods: Option<&'m MethodFinder<'data>>,
    style: NameStyle,
}

impl ViewRow {
    /// Says what a view says. Methods are named by `methods`, where there is one.
    pub fn new(
        view: &View<'_, '_>,
        methods: Option<&MethodFinder<'_>>,
        style: NameStyle,
    ) -> ViewRow {
        let names = Names { methods, style };
        let mut row = ViewRow { kind: view.kind, facts: Map::new(), lines: Vec::new() };
        for (name, fact) in &view.facts {
            let (json, text, items) = names.fact(fact);
            row.facts.insert((*name).to_owned(), json);
            row.lines.push(Line { name, text, items });
        }
        row
    }
}

impl Names<'_, '_> {
    fn fact(&self, fact: &Fact<'_, '_>) -> (Json, Shown, Vec<Shown>) {
        let plain = |json: Json, text: String| (json, Shown::from(text), Vec::new());
        match fact {
            Fact::Flag(flag) => plain(json!(flag), (if *flag { "yes" } else { "no" }).to_owned()),
            Fact::Number(number) => plain(json!(number), number.to_string()),
            Fact::Code(code) => plain(json!(format!("{code:#010x}")), format!("{code:#010x}")),
            Fact::Milliseconds(None) => plain(Json::Null, "never".to_owned()),
            Fact::Milliseconds(Some(milliseconds)) => {
                let text = format!("{} ms", Grouped(u64::from(*milliseconds)));
                plain(json!(milliseconds), text)
            }
            Fact::Word(word) => plain(json!(word), (*word).to_owned()),
            Fact::Text(text) => plain(json!(text), text.clone()),
            Fact::Type(name) => {
                let name = name.to_string_in(self.style);
                plain(json!(name), name)
            }
            Fact::Value(held) => plain(value::json(held), held.text(TextLimits::default())),
            Fact::Object(object) => {
                let (json, shown) = self.object(object);
                (json, shown, Vec::new())
            }
            Fact::Objects(objects, count) => {
                let (items, shown): (Vec<Json>, Vec<Shown>) =
                    objects.iter().map(|object| self.object(object)).unzip();
                let json = json!({ "count": count, "items": items });
                (json, Grouped(*count).to_string().into(), shown)
            }
            Fact::EntryPoint(entry) => {
                let name = self.methods.and_then(|methods| methods.entered_at(*entry));
                let name = self.method(name);
                let json = json!({ "entry": format!("{entry:#x}"), "name": name });
                let text = name.unwrap_or_else(|| "<unknown>".to_owned());
                (json, Shown { address: Some(*entry), text }, Vec::new())
            }
            Fact::Stack(frames) => {
                let (items, shown): (Vec<Json>, Vec<Shown>) = frames
                    .iter()
                    .map(|frame| {
                        let found = self.methods.map(|methods| methods.of_frame(frame));
                        let (name, offset) = found.unwrap_or_default();
                        let name = self.method(name);
                        let json = json!({
                            "ip": format!("{:#x}", frame.ip),
                            "sp": format!("{:#x}", frame.sp),
                            "method": name,
                            "offset": offset,
                            "ends_foreign_stack": frame.ends_foreign_stack,
                        });
                        let name = name.unwrap_or_else(|| "<unknown>".to_owned());
                        let text = offset.map_or(name.clone(), |at| format!("{name}+{at:#x}"));
                        (json, Shown { address: Some(frame.ip), text })
                    })
                    .unzip();
                let text = match frames.len() {
                    0 => "never thrown".to_owned(),
                    1 => "1 frame".to_owned(),
                    count => format!("{count} frames"),
                };
                (Json::Array(items), text.into(), shown)
            }
            _ => plain(Json::Null, String::new()),
        }
    }

    fn object(&self, object: &ObjectRef<'_, '_>) -> (Json, Shown) {
        let name = object.ty().name_in(self.style);
        let brief = object.brief(TextLimits::default());
        let json = json!({
            "address": format!("{:#x}", object.address()),
            "name": name,
            "text": brief,
        });
        let text = brief.map_or(name.clone(), |brief| format!("{name} {brief}"));
        (json, Shown { address: Some(object.address()), text })
    }

    fn method(&self, name: Option<MethodName>) -> Option<String> {
        name.map(|name| name.to_string_in(self.style))
    }
}

/// One line for each fact, those of lists below.
pub(super) fn write(view: &ViewRow, page: &mut Page<'_>) -> io::Result<()> {
    let style = page.style();
    writeln!(page, "Seen as:     {}", view.kind)?;
    for line in &view.lines {
        writeln!(page, "  {}: {}", line.name.replace('_', " "), shown(&line.text, style))?;
        for item in &line.items {
            writeln!(page, "    {}", shown(item, style))?;
        }
    }
    Ok(())
}

fn shown(shown: &Shown, style: Style) -> String {
    match shown.address {
        Some(address) => format!("{} {}", style.address(address), Escaped(&shown.text)),
        None => Escaped(&shown.text).to_string(),
    }
}
