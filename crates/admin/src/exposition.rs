//! Metrics as a server writes them: Prometheus' text format, version 0.0.4.
//!
//! Strict: what a scraper might take for something else is an error. Timestamps, which this
//! server never writes, are refused.

use std::collections::{BTreeMap, HashSet};

/// Why a text is no exposition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Malformed {
    /// Counted from one.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// With the suffix of its place in a histogram.
    pub name: String,
    /// By their names.
    pub labels: BTreeMap<String, String>,
    /// Counters are never negative.
    pub value: f64,
}

/// A whole text.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    /// The kind of each metric: `counter`, `gauge`, `histogram`.
    pub kinds: BTreeMap<String, String>,
    /// In their order.
    pub samples: Vec<Sample>,
}

impl Exposition {
    /// Reads a text to its end.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut reader = Reader::default();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(Malformed { line: text.lines().count(), what: "it breaks off" });
        }
        for (number, line) in text.lines().enumerate() {
            reader.line(line).map_err(|what| Malformed { line: number + 1, what })?;
        }
        Ok(reader.read)
    }

    /// The value with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let same = |sample: &&Sample| {
            let pairs = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            pairs.collect::<HashSet<_>>() == labels.iter().copied().collect()
        };
        self.named(name).find(same).map(|sample| sample.value)
    }

    /// The sum over all values of the labels.
    pub fn sum(&self, name: &str) -> f64 {
        self.named(name).map(|sample| sample.value).sum()
    }

    /// All samples of this name.
    pub fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    read: Exposition,
    /// The metric whose samples come now.
    family: String,
    seen: HashSet<String>,
}

type Step<T = ()> = Result<T, &'static str>;

impl Reader {
    fn line(&mut self, line: &str) -> Step {
        if line.is_empty() || line.starts_with("# HELP ") {
            return Ok(());
        }
        match line.strip_prefix("# TYPE ") {
            Some(declared) => self.kind(declared),
            None => self.sample(line),
        }
    }

    fn kind(&mut self, declared: &str) -> Step {
        let (name, kind) = declared.split_once(' ').ok_or("a TYPE has a name and a kind")?;
        if !["counter", "gauge", "histogram"].contains(&kind) {
            return Err("there is no such kind");
        }
        if !is_name(name, ":") {
            return Err("no metric can be called so");
        }
        if self.read.kinds.insert(name.to_owned(), kind.to_owned()).is_some() {
            return Err("its kind was told before");
        }
        name.clone_into(&mut self.family);
        Ok(())
    }

    /// `name{label="value"} 1`, below the TYPE of its metric.
    fn sample(&mut self, line: &str) -> Step {
        let (series, value) = line.rsplit_once(' ').ok_or("a sample has a value")?;
        let (name, labels) = match series.split_once('{') {
            Some((name, rest)) => (name, labels(rest)?),
            None => (series, BTreeMap::new()),
        };
        let kind = self.read.kinds.get(&self.family).ok_or("no TYPE before")?;
        let suffix = name.strip_prefix(self.family.as_str()).ok_or("not below its TYPE")?;
        let fits = match kind.as_str() {
            "histogram" => match suffix {
                "_bucket" => labels.contains_key("le"),
                "_sum" | "_count" => true,
                _ => false,
            },
            _ => suffix.is_empty(),
        };
        let value: f64 = value.parse().map_err(|_| "the value is no number")?;
        if !fits {
            return Err("not a sample of its kind");
        }
        if kind != "gauge" && !(value.is_finite() && value >= 0.0) {
            return Err("a count cannot be so");
        }
        if !self.seen.insert(series.to_owned()) {
            return Err("told before");
        }
        self.read.samples.push(Sample { name: name.to_owned(), labels, value });
        Ok(())
    }
}

/// `a="b",c="d"}`.
fn labels(mut rest: &str) -> Step<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("a label has a value in quotes")?;
        let (value, after) = quoted(after)?;
        if !is_name(name, "") || found.insert(name.to_owned(), value).is_some() {
            return Err("no label can be called so, or it is there twice");
        }
        match after {
            "}" => return Ok(found),
            after => rest = after.strip_prefix(',').ok_or("labels end with a brace")?,
        }
    }
}

/// A value as it means, and what follows the closing quote.
fn quoted(text: &str) -> Step<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(match letters.next() {
                Some((_, 'n')) => '\n',
                Some((_, letter @ ('\\' | '"'))) => letter,
                _ => return Err("no such escape"),
            }),
            letter => value.push(letter),
        }
    }
    Err("a quote is not closed")
}

fn is_name(text: &str, also: &str) -> bool {
    let fits =
        |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || also.contains(letter);
    text.starts_with(|first: char| !first.is_ascii_digit()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn samples_with_their_labels() {
        let text = "# HELP a_total Things.\n# TYPE a_total counter\na_total{b=\"x\",c=\"y\"} 1\n\
                    a_total{b=\"q\\\"\\\\\\n, }\"} 2\n\n# TYPE g gauge\ng -1.5\n\
                    # TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_sum 0.5\nh_count 3\n";
        let read = Exposition::parse(text).unwrap();
        assert_eq!(read.value("a_total", &[("c", "y"), ("b", "x")]), Some(1.0));
        assert_eq!(read.value("a_total", &[("b", "q\"\\\n, }")]), Some(2.0));
        assert_eq!(read.value("a_total", &[("b", "x")]), None);
        assert_eq!((read.sum("a_total"), read.sum("g")), (3.0, -1.5));
        assert_eq!(read.kinds["h"], "histogram");
        assert_eq!(read.named("h_bucket").count(), 1);
    }

    #[test]
    fn what_a_scraper_could_misunderstand_is_refused() {
        for (line, text) in [
            (1, "a 1\n"),
            (2, "# TYPE a counter\na -1\n"),
            (2, "# TYPE a counter\na NaN\n"),
            (2, "# TYPE a counter\na 1 1700000000\n"),
            (2, "# TYPE a counter\nb 1\n"),
            (2, "# TYPE a counter\na_b 1\n"),
            (2, "# TYPE a counter\na x\n"),
            (2, "# TYPE a counter\na 1"),
            (3, "# TYPE a counter\na 1\na 2\n"),
            (2, "# TYPE a counter\n# TYPE a gauge\n"),
            (1, "# TYPE a summary\n"),
            (1, "# TYPE 1a counter\n"),
            (2, "# TYPE a counter\na{b=\"c} 1\n"),
            (2, "# TYPE a counter\na{b=\"c\" 1\n"),
            (2, "# TYPE a counter\na{b=\"c\",b=\"d\"} 1\n"),
            (2, "# TYPE a counter\na{b=\"\\t\"} 1\n"),
            (2, "# TYPE a counter\na{:=\"c\"} 1\n"),
            (2, "# TYPE a histogram\na_bucket 1\n"),
            (2, "# TYPE a histogram\na 1\n"),
        ] {
            assert_eq!(Exposition::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
