//! The few SVG shapes the map needs. Every text passes through [`escape`].

use std::fmt::Write;

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// An SVG document being drawn.
pub(super) struct Canvas {
    text: String,
}

const STYLE: &str = "\
text { font-family: 'DejaVu Sans', Verdana, sans-serif; font-size: 12px; fill: #1f2328; }
.heading { font-size: 20px; font-weight: bold; }
.title { font-size: 16px; font-weight: bold; }
.node { font-weight: bold; }
.sub, .legend, .connector { font-size: 11px; fill: #57606a; }
.connector { font-style: italic; }
rect { fill: #f6f8fa; stroke: #57606a; }
line { stroke-width: 2; }
line.working { stroke: #1a7f37; } .working { fill: #1a7f37; }
line.off { stroke: #9a6700; stroke-dasharray: 9 4; } .off { fill: #9a6700; }
line.not-built { stroke: #8c959f; stroke-dasharray: 2 4; } .not-built { fill: #6e7781; }
";

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Canvas {
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<style>\n{STYLE}</style>\n\
             <rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" \
             style=\"fill: white; stroke: none\"/>\n"
        );
        Canvas { text }
    }

    pub(super) fn finish(mut self) -> String {
        self.push("</svg>");
        self.text
    }

    /// Shapes up to [`Canvas::close_group`] belong together; viewers show the tooltip.
    pub(super) fn open_group(&mut self, tooltip: &str) {
        self.push(&format!("<g><title>{}</title>", escape(tooltip)));
    }

    pub(super) fn close_group(&mut self) {
        self.push("</g>");
    }

    pub(super) fn rectangle(&mut self, x: u32, y: u32, width: u32, height: u32) {
        self.push(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>"
        ));
    }

    /// A text cut to `width` pixels; nothing for an empty one.
    pub(super) fn text(
        &mut self,
        x: u32,
        y: u32,
        class: &str,
        anchor: Anchor,
        text: &str,
        width: u32,
    ) {
        if text.is_empty() {
            return;
        }
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(&fit(text, width, class));
        self.push(&format!(
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    pub(super) fn line(&mut self, from: u32, to: u32, y: u32, class: &str) {
        self.push(&format!(
            "<line x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\" class=\"{class}\"/>"
        ));
    }

    /// A line with a head at `to`.
    pub(super) fn arrow(&mut self, from: u32, to: u32, y: u32, class: &str) {
        let base = if to > from { to - HEAD } else { to + HEAD };
        self.line(from, base, y, class);
        let (above, below) = (y - HEAD / 2, y + HEAD / 2);
        self.push(&format!(
            "<polygon points=\"{to},{y} {base},{above} {base},{below}\" class=\"{class}\"/>"
        ));
    }

    fn push(&mut self, element: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.text, "{element}");
    }
}

/// Length of an arrow's head in pixels.
const HEAD: u32 = 10;

/// Cuts a text to a width, by the mean width of a letter in its style.
fn fit(text: &str, width: u32, class: &str) -> String {
    let letter_tenths = match class {
        "heading" => 130,
        "title" => 105,
        "node" => 75,
        "sub" | "legend" | "connector" => 60,
        _ => 72,
    };
    let room = usize::try_from(width * 10 / letter_tenths).unwrap_or(usize::MAX);
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text as XML content or attribute value; characters that XML 1.0 forbids become a mark.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
