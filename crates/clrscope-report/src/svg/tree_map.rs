//! A tree map: a rectangle for each place, as large as what it retains, in that of the place above.

use std::fmt::{self, Write};

use clrscope_analyze::RetainedPlace;

use super::{Colour, FONT_SIZE, Markup, fitting};
use clrscope_analyze::Grouped;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 800.0;
const HEADER: f64 = 28.0;
/// The height of a place's name above what is in it.
const TITLE: f64 = 15.0;
const BORDER: f64 = 2.0;
/// Rectangles whose sides are shorter are not drawn.
const SHORTEST: f64 = 1.0;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// Draws the tree, whose places come each before those below it.
pub(crate) fn tree_map(tree: &[RetainedPlace], title: &str) -> Result<String, fmt::Error> {
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"monospace\" font-size=\"{FONT_SIZE}\">",
        height = HEIGHT + HEADER,
    )?;
    writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>")?;
    writeln!(svg, "<text x=\"4\" y=\"18\" font-size=\"14\">{}</text>", Markup(title))?;
    let all = tree.first().map_or(0, |top| top.retained).max(1);
    // The places at the top of what is left to draw, with their areas; what is below a place follows it.
    let whole = Area { x: 0.0, y: HEADER, width: WIDTH, height: HEIGHT };
    let mut areas: Vec<Option<Area>> = vec![None; tree.len()];
    if let Some(first) = areas.first_mut() {
        *first = Some(whole);
    }
    for (index, place) in tree.iter().enumerate() {
        let Some(area) = areas.get(index).copied().flatten() else { continue };
        draw(&mut svg, place, area, all)?;
        let below: Vec<usize> = (index + 1..tree.len())
            .take_while(|&next| tree.get(next).is_some_and(|next| next.depth > place.depth))
            .filter(|&next| tree.get(next).is_some_and(|next| next.depth == place.depth + 1))
            .collect();
        let bytes =
            below.iter().filter_map(|&next| tree.get(next)).map(|next| next.retained as f64);
        let bytes: Vec<f64> = bytes.collect();
        for (next, inner) in below.into_iter().zip(squarified(&bytes, place.retained, inside(area)))
        {
            if let Some(slot) = areas.get_mut(next)
                && inner.width >= SHORTEST
                && inner.height >= SHORTEST
            {
                *slot = Some(inner);
            }
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The part of a place's area that those below it have.
fn inside(area: Area) -> Area {
    let title = if area.height > TITLE * 2.0 { TITLE } else { BORDER };
    Area {
        x: area.x + BORDER,
        y: area.y + title,
        width: (area.width - BORDER * 2.0).max(0.0),
        height: (area.height - title - BORDER).max(0.0),
    }
}

fn draw(svg: &mut String, place: &RetainedPlace, area: Area, all: u64) -> fmt::Result {
    let Area { x, y, width, height } = area;
    write!(svg, "<g><title>{}: {} bytes", Markup(&place.name), Grouped(place.retained))?;
    write!(svg, " ({:.1} %)", place.retained as f64 * 100.0 / all as f64)?;
    if place.objects > 0 {
        write!(svg, ", {} objects of {} bytes", Grouped(place.objects), Grouped(place.own))?;
    }
    write!(svg, "</title><rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\"")?;
    write!(svg, " height=\"{height:.2}\" fill=\"{}\"", Colour(&place.name))?;
    write!(svg, " stroke=\"#fff\" stroke-width=\"0.7\"/>")?;
    let text = fitting(&place.name, width - 6.0).filter(|_| height >= TITLE);
    if let Some(text) = text {
        let (x, y) = (x + 3.0, y + 11.0);
        write!(svg, "<text x=\"{x:.2}\" y=\"{y:.2}\">{}</text>", Markup(&text))?;
    }
    writeln!(svg, "</g>")
}

/// Cuts an area that stands for `total` into one for each weight, largest first, as square as can be: Bruls,
/// Huizing and van Wijk, "Squarified Treemaps" (2000). What the weights leave of the total stays empty.
fn squarified(weights: &[f64], total: u64, area: Area) -> Vec<Area> {
    let scale = area.width * area.height / (total as f64).max(1.0);
    let mut areas = Vec::with_capacity(weights.len());
    let mut left = area;
    let mut rest = weights;
    while !rest.is_empty() {
        let side = left.width.min(left.height);
        // A row takes weights as long as its worst rectangle becomes more square.
        let mut taken = 1;
        let mut best = worst(rest.get(..taken).unwrap_or_default(), side, scale);
        while taken < rest.len() {
            let next = worst(rest.get(..taken + 1).unwrap_or_default(), side, scale);
            if next > best {
                break;
            }
            best = next;
            taken += 1;
        }
        let (row, behind) = rest.split_at(taken);
        let sum: f64 = row.iter().sum::<f64>() * scale;
        let depth = if side > 0.0 { sum / side } else { 0.0 };
        let mut along = 0.0;
        for weight in row {
            let length = if depth > 0.0 { weight * scale / depth } else { 0.0 };
            areas.push(if left.width >= left.height {
                Area { x: left.x, y: left.y + along, width: depth, height: length }
            } else {
                Area { x: left.x + along, y: left.y, width: length, height: depth }
            });
            along += length;
        }
        if left.width >= left.height {
            left.x += depth;
            left.width = (left.width - depth).max(0.0);
        } else {
            left.y += depth;
            left.height = (left.height - depth).max(0.0);
        }
        rest = behind;
    }
    areas
}

/// How far the rectangle of a row that is least square is from being so: the ratio of its sides.
fn worst(row: &[f64], side: f64, scale: f64) -> f64 {
    let sum: f64 = row.iter().sum::<f64>() * scale;
    let (Some(&largest), Some(&smallest)) = (row.first(), row.last()) else { return f64::MAX };
    let (square, total) = (side * side, sum * sum);
    if square <= 0.0 || total <= 0.0 || smallest <= 0.0 {
        return f64::MAX;
    }
    (square * largest * scale / total).max(total / (square * smallest * scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_as_large_as_their_weights_and_stay_inside() {
        // The example of the paper.
        let whole = Area { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let weights = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
        let areas = squarified(&weights, 24, whole);
        for (area, weight) in areas.iter().zip(weights) {
            assert!((area.width * area.height - weight).abs() < 1e-9, "{area:?} {weight}");
            assert!(area.x >= 0.0 && area.x + area.width <= 6.0 + 1e-9, "{area:?}");
            assert!(area.y >= 0.0 && area.y + area.height <= 4.0 + 1e-9, "{area:?}");
        }
        assert_eq!(areas[0], Area { x: 0.0, y: 0.0, width: 3.0, height: 2.0 });
        assert_eq!(areas[1], Area { x: 0.0, y: 2.0, width: 3.0, height: 2.0 });
        assert!((areas[2].width - 12.0 / 7.0).abs() < 1e-9, "{:?}", areas[2]);
        // Nothing overlaps.
        for (index, a) in areas.iter().enumerate() {
            for b in &areas[index + 1..] {
                let wide = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
                let high = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
                assert!(wide < 1e-9 || high < 1e-9, "{a:?} {b:?}");
            }
        }
        // What is left of the total stays empty.
        let half: f64 =
            squarified(&[12.0], 24, whole).iter().map(|area| area.width * area.height).sum();
        assert!((half - 12.0).abs() < 1e-9);
        assert_eq!(squarified(&[0.0, 0.0], 0, whole).len(), 2);
    }

    #[test]
    fn what_is_below_a_place_is_within_it() {
        let place = |depth, name: &str, own, retained| RetainedPlace {
            depth,
            name: name.to_owned(),
            objects: 1,
            own,
            retained,
        };
        let tree = [
            place(0, "alive", 0, 100),
            place(1, "static A.b", 10, 80),
            place(2, "List<Item>", 70, 70),
            place(1, "static C.d", 20, 20),
        ];
        let svg = tree_map(&tree, "app.dmp").unwrap();
        assert_eq!(svg.matches("<g>").count(), 4);
        assert!(svg.contains("<title>List&lt;Item&gt;: 70 bytes (70.0 %), 1 objects of 70 bytes"));
        assert!(tree_map(&[], "nothing").unwrap().contains("nothing"));
    }
}
