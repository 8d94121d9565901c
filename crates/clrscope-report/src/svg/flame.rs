//! A flame graph that hangs from its root: a bar for each place, as wide as what it retains.

use std::fmt::{self, Write};

use clrscope_analyze::RetainedPlace;

use super::{Colour, FONT_SIZE, Markup, fitting};
use clrscope_analyze::Grouped;

const WIDTH: f64 = 1200.0;
const BAR: f64 = 17.0;
const HEADER: f64 = 28.0;
/// Bars that are narrower are not drawn.
const NARROWEST: f64 = 0.2;

/// Draws the tree, whose places come each before those below it.
pub(crate) fn flame_graph(tree: &[RetainedPlace], title: &str) -> Result<String, fmt::Error> {
    let all = tree.first().map_or(0, |top| top.retained);
    let scale = WIDTH / all.max(1) as f64;
    let levels = tree.iter().map(|place| place.depth + 1).max().unwrap_or(0);
    let height = HEADER + levels as f64 * BAR + 4.0;
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"monospace\" font-size=\"{FONT_SIZE}\">"
    )?;
    writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>")?;
    writeln!(svg, "<text x=\"4\" y=\"18\" font-size=\"14\">{}</text>", Markup(title))?;
    // For each place above, where the next bar below it begins.
    let mut next: Vec<u64> = Vec::new();
    for place in tree {
        next.truncate(place.depth);
        let from = next.last().copied().unwrap_or(0);
        if let Some(next) = next.last_mut() {
            *next = from.saturating_add(place.retained);
        }
        next.push(from);
        let (x, width) = (from as f64 * scale, place.retained as f64 * scale);
        if width >= NARROWEST {
            let y = HEADER + place.depth as f64 * BAR;
            let name = Markup(&place.name);
            write!(svg, "<g><title>{name}: {} bytes", Grouped(place.retained))?;
            write!(svg, " ({:.1} %)", place.retained as f64 * 100.0 / all.max(1) as f64)?;
            if place.objects > 0 {
                write!(
                    svg,
                    ", {} objects of {} bytes",
                    Grouped(place.objects),
                    Grouped(place.own)
                )?;
            }
            write!(svg, "</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\"")?;
            write!(svg, " height=\"{}\" rx=\"1\" fill=\"{}\"/>", BAR - 1.0, Colour(&place.name))?;
            if let Some(text) = fitting(&place.name, width - 6.0) {
                write!(
                    svg,
                    "<text x=\"{:.2}\" y=\"{}\">{}</text>",
                    x + 3.0,
                    y + 12.0,
                    Markup(&text)
                )?;
            }
            writeln!(svg, "</g>")?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(depth: usize, name: &str, own: u64, retained: u64) -> RetainedPlace {
        RetainedPlace { depth, name: name.to_owned(), objects: 1, own, retained }
    }

    #[test]
    fn bars_stand_below_their_own() {
        let tree = [
            place(0, "alive", 0, 1200),
            place(1, "static A.<b>", 100, 600),
            place(2, "List", 500, 500),
            place(1, "static C.d", 300, 300),
            place(2, "Item", 0, 0),
        ];
        let svg = flame_graph(&tree, "app.dmp").unwrap();
        let bars: Vec<&str> = svg.lines().filter(|line| line.starts_with("<g>")).collect();
        assert_eq!(bars.len(), 4, "{svg}");
        for (bar, at) in bars.iter().zip([
            "x=\"0.00\" y=\"28\" width=\"1200.00\"",
            "x=\"0.00\" y=\"45\" width=\"600.00\"",
            "x=\"0.00\" y=\"62\" width=\"500.00\"",
            "x=\"600.00\" y=\"45\" width=\"300.00\"",
        ]) {
            assert!(bar.contains(at), "{bar}");
        }
        assert!(
            bars[1].contains("<title>static A.&lt;b&gt;: 600 bytes (50.0 %), 1 objects of 100")
        );
        assert!(flame_graph(&[], "nothing").unwrap().contains("nothing"));
    }
}
