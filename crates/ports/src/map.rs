//! The documents' three diagrams, drawn from the rows and the registry as one SVG: clients and
//! services, mail flow without Edge servers, mail flow with Edge servers (row G-11).
//!
//! Every arrow is horizontal and has a lane of its own, so labels never cross lines. What the
//! documents call "not pictured" (DNS, open-proxy detection) is drawn too, and says so.

mod diagrams;
mod svg;

use crate::{Numbers, Registry, Role, Row, RowId, State, listeners, rows};

use svg::{Anchor, Canvas};

/// Width of the map in pixels.
const WIDTH: u32 = 1200;
/// Height of the heading with the legend.
const HEADING: u32 = 84;
/// Height of a diagram's title.
const TITLE: u32 = 44;
/// Space below a diagram.
const GAP: u32 = 28;

/// One diagram; coordinates count from the lower edge of its title.
struct Diagram {
    title: &'static str,
    height: u32,
    nodes: &'static [Node],
    arrows: &'static [Arrow],
}

/// A box: a service, a server, the outside.
struct Node {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    title: &'static str,
    /// A second line under the title.
    subtitle: &'static str,
}

/// A row, drawn from one x to another.
struct Arrow {
    row: RowId,
    from: u32,
    to: u32,
    y: u32,
    /// Whether the row's purpose stands left of the arrow's tail, inside the box there.
    purpose: bool,
}

/// The map of this server as SVG.
pub fn svg(registry: &Registry) -> String {
    let height: u32 = HEADING + diagrams::ALL.iter().map(|it| TITLE + it.height + GAP).sum::<u32>();
    let mut canvas = Canvas::new(WIDTH, height);
    heading(&mut canvas, registry);
    let mut top = HEADING;
    for diagram in diagrams::ALL {
        draw(&mut canvas, diagram, top, registry);
        top += TITLE + diagram.height + GAP;
    }
    canvas.finish()
}

/// The rows that the map draws, each once.
pub fn drawn() -> impl Iterator<Item = &'static Row> {
    let arrows = diagrams::ALL.iter().flat_map(|diagram| diagram.arrows);
    arrows.filter_map(|arrow| rows::row(arrow.row))
}

/// The words on a row's arrow: `C-11 143/TCP, 993/TCP`.
pub fn label(row: &Row) -> String {
    format!("{} {}", row.id, port_words(row))
}

/// The row's numbers, else those of the listeners that serve it (M-02 names no port).
fn port_words(row: &Row) -> String {
    let own = row.ports.iter().filter(|spec| !matches!(spec.numbers, Numbers::Described(_)));
    let mut specs: Vec<_> = own.copied().collect();
    if specs.is_empty() {
        specs.extend(listeners::serving(row).map(|listener| listener.port));
    }
    let words = specs.iter().map(|spec| format!("{}/{}", spec.numbers, spec.transport));
    words.collect::<Vec<_>>().join(", ")
}

fn heading(canvas: &mut Canvas, registry: &Registry) {
    let roles: Vec<String> = registry.roles().iter().map(Role::to_string).collect();
    let title = format!("Network map of {} ({})", registry.server(), roles.join(", "));
    canvas.text(20, 34, "heading", Anchor::Start, &title, WIDTH - 40);
    let mut x = 20;
    for (state, words) in [
        (State::Working, "working: open on this server"),
        (State::Off, "off: built, switched off or of the other role"),
        (State::NotBuilt, "not built"),
    ] {
        canvas.line(x, x + 50, 62, class(state));
        canvas.text(x + 60, 66, "legend", Anchor::Start, words, 330);
        x += 390;
    }
}

fn draw(canvas: &mut Canvas, diagram: &Diagram, top: u32, registry: &Registry) {
    canvas.text(20, top + 28, "title", Anchor::Start, diagram.title, WIDTH - 40);
    let top = top + TITLE;
    for node in diagram.nodes {
        canvas.rectangle(node.x, top + node.y, node.width, node.height);
        let (middle, y) = (node.x + node.width / 2, top + node.y);
        canvas.text(middle, y + 18, "node", Anchor::Middle, node.title, node.width - 8);
        canvas.text(middle, y + 33, "sub", Anchor::Middle, node.subtitle, node.width - 8);
    }
    for arrow in diagram.arrows {
        if let Some(row) = rows::row(arrow.row) {
            draw_arrow(canvas, arrow, row, top + arrow.y, registry);
        }
    }
}

fn draw_arrow(canvas: &mut Canvas, arrow: &Arrow, row: &Row, y: u32, registry: &Registry) {
    let state = registry.state(row);
    let space = arrow.from.abs_diff(arrow.to) - 24;
    let middle = arrow.from.midpoint(arrow.to);
    canvas.open_group(&format!("{}: {state}", row.purpose.text));
    canvas.arrow(arrow.from, arrow.to, y, class(state));
    canvas.text(middle, y - 5, class(state), Anchor::Middle, &label(row), space);
    let connector = crate::report::connector(row, registry);
    if arrow.purpose {
        canvas.text(arrow.from - 8, y + 4, "sub", Anchor::End, row.purpose.text, 290);
    } else {
        canvas.text(middle, y + 13, "connector", Anchor::Middle, &connector, space);
    }
    canvas.close_group();
}

/// The style of a state; the line's pattern tells it apart without colour.
fn class(state: State) -> &'static str {
    match state {
        State::Working => "working",
        State::Off => "off",
        State::NotBuilt => "not-built",
    }
}
