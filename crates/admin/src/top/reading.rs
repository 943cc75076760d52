//! One look at a server, and what has happened between two.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::exposition::{Exposition, Sample};
use crate::monitor::SlowOperation;

/// One look at a server.
pub(super) struct Reading {
    pub(super) at: Instant,
    pub(super) counts: Exposition,
    pub(super) slow: Vec<SlowOperation>,
}

/// Two looks, the later one second.
pub(super) struct Between<'r> {
    pub(super) before: &'r Exposition,
    pub(super) now: &'r Exposition,
    pub(super) seconds: f64,
}

impl Between<'_> {
    /// How often a second a counter was raised, over all samples that fit.
    pub(super) fn rate(&self, name: &str, fits: impl Fn(&Sample) -> bool) -> f64 {
        let sum = |of: &Exposition| -> f64 {
            of.named(name).filter(|sample| fits(sample)).map(|sample| sample.value).sum()
        };
        // A server that was started anew counts from zero.
        let more = (sum(self.now) - sum(self.before)).max(0.0);
        if self.seconds > 0.0 { more / self.seconds } else { 0.0 }
    }

    /// How much a counter with exactly these labels has grown.
    pub(super) fn more(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let value = |of: &Exposition| of.value(name, labels).unwrap_or_default();
        (value(self.now) - value(self.before)).max(0.0)
    }

    /// The smallest bound of a histogram below which this share of the new values lies; None
    /// when there are none, or it lies above all bounds.
    pub(super) fn quantile(&self, name: &str, label: (&str, &str), share: f64) -> Option<f64> {
        let total = self.more(&format!("{name}_count"), &[label]);
        let bucket = format!("{name}_bucket");
        let of_label = |sample: &&Sample| has(sample, label);
        let bounds = self.now.named(&bucket).filter(of_label);
        let bounds = bounds.filter_map(|sample| sample.labels.get("le"));
        let reached = bounds.filter_map(|bound| {
            let below = self.more(&bucket, &[label, ("le", bound.as_str())]);
            (total > 0.0 && below >= total * share).then(|| bound.parse::<f64>().ok())?
        });
        reached.filter(|bound| bound.is_finite()).min_by(f64::total_cmp)
    }
}

/// Whether a sample has this label.
pub(super) fn has(sample: &Sample, (label, value): (&str, &str)) -> bool {
    sample.labels.get(label).is_some_and(|its| its == value)
}

/// The values that a label of a metric has.
pub(super) fn values_of<'e>(of: &'e Exposition, name: &'e str, label: &str) -> BTreeSet<&'e str> {
    of.named(name).filter_map(|sample| Some(sample.labels.get(label)?.as_str())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Exposition {
        Exposition::parse(text).unwrap()
    }

    #[test]
    fn rates_are_differences_and_quantiles_are_of_what_is_new() {
        let before = "# TYPE a_total counter\na_total{b=\"x\"} 10\n# TYPE h histogram\n\
                      h_bucket{d=\"m\",le=\"0.1\"} 5\nh_bucket{d=\"m\",le=\"1\"} 5\n\
                      h_bucket{d=\"m\",le=\"+Inf\"} 5\nh_count{d=\"m\"} 5\n";
        let now = "# TYPE a_total counter\na_total{b=\"x\"} 14\na_total{b=\"y\"} 2\n\
                   # TYPE h histogram\nh_bucket{d=\"m\",le=\"0.1\"} 6\n\
                   h_bucket{d=\"m\",le=\"1\"} 14\nh_bucket{d=\"m\",le=\"+Inf\"} 15\n\
                   h_count{d=\"m\"} 15\n";
        let (before, now) = (read(before), read(now));
        let between = Between { before: &before, now: &now, seconds: 2.0 };
        assert_eq!(between.rate("a_total", |_| true), 3.0);
        assert_eq!(between.rate("a_total", |sample| has(sample, ("b", "x"))), 2.0);
        let quantile = |share| between.quantile("h", ("d", "m"), share);
        assert_eq!([quantile(0.1), quantile(0.9)], [Some(0.1), Some(1.0)]);
        assert_eq!(quantile(0.99), None, "above all bounds");
        let again = Between { before: &now, now: &before, seconds: 2.0 };
        assert_eq!(again.rate("a_total", |_| true), 0.0, "started anew");
        assert_eq!(again.quantile("h", ("d", "m"), 0.5), None, "nothing new");
    }
}
