//! Lines of a page.

/// A page that grows line by line.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// A line that begins a part of the page.
    pub(super) fn head(&mut self, line: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.push("", line);
    }

    /// A line below a head.
    pub(super) fn line(&mut self, line: &str) {
        self.push("  ", line);
    }

    /// A line with a name in front.
    pub(super) fn named(&mut self, name: &str, value: &str) {
        self.push("  ", &format!("{name:<22}{value}"));
    }

    /// What a stranger wrote must not move the terminal's cursor, nor begin a line.
    fn push(&mut self, indent: &str, line: &str) {
        self.0.push_str(indent);
        self.0.extend(line.trim_end().chars().filter(|letter| !letter.is_control()));
        self.0.push('\n');
    }

    /// All of it.
    pub(super) fn text(self) -> String {
        self.0
    }
}
