//! What pictures have in common: numbers, text and colours of SVG.

mod flame;
mod tree_map;

use std::fmt;

use crate::escape::Escaped;

pub(crate) use self::flame::flame_graph;
pub(crate) use self::tree_map::tree_map;

/// Text from a dump within SVG: control characters are escaped as for terminals, and what means something in
/// XML by entities.
pub(crate) struct Markup<'a>(pub(crate) &'a str);

impl fmt::Display for Markup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in Escaped(self.0).to_string().chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // No character of XML.
                '\u{fffe}' | '\u{ffff}' => f.write_str("\u{fffd}")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

/// Width of a character of [`FONT_SIZE`] in a fixed-width font, at most.
const CHARACTER: f64 = 6.7;

/// The size of text, in pixels.
pub(crate) const FONT_SIZE: u32 = 11;

/// As much of a text as fits into `width` pixels; none if that says nothing. The name of a type says most at its
/// end, so that is what stays.
pub(crate) fn fitting(text: &str, width: f64) -> Option<String> {
    let room = (width / CHARACTER) as usize;
    let length = text.chars().count();
    if length <= room {
        return Some(text.to_owned());
    }
    (room >= 5).then(|| "…".chars().chain(text.chars().skip(length + 1 - room)).collect())
}

/// A light colour that depends on the name only: the same type has the same colour in every picture.
pub(crate) struct Colour<'a>(pub(crate) &'a str);

impl fmt::Display for Colour<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // FNV-1a.
        let hash = self.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        write!(f, "hsl({},{}%,{}%)", hash % 360, 45 + (hash >> 16) % 25, 68 + (hash >> 32) % 12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_dump_is_only_text() {
        let text = Markup("List<A&B> \"x\"\u{1b}[2J\u{ffff}").to_string();
        assert_eq!(text, "List&lt;A&amp;B&gt; &quot;x&quot;\\u{1b}[2J\u{fffd}");
    }

    #[test]
    fn the_end_of_a_name_stays() {
        assert_eq!(fitting("System.String", 200.0).as_deref(), Some("System.String"));
        assert_eq!(fitting("System.String", 50.0).as_deref(), Some("…String"));
        assert_eq!(fitting("System.String", 20.0), None);
        assert_eq!(fitting("", 0.0).as_deref(), Some(""));
    }
}
