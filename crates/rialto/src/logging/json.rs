//! An event as one flat object of JSON: `time`, `level`, `target`, `message`, the event's own
//! fields, and those of the spans it happened in. Of two fields of one name the inner one counts.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes such objects. Spans must have their fields in JSON.
pub struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        fields.add("time", now()?.into());
        fields.add("level", metadata.level().as_str().into());
        fields.add("target", metadata.target().into());
        event.record(&mut fields);
        for span in context.event_scope().into_iter().flatten() {
            if let Some(formatted) = span.extensions().get::<FormattedFields<N>>() {
                fields.add_all(&formatted.fields);
            }
        }
        writeln!(writer, "{fields}")
    }
}

fn now() -> Result<String, fmt::Error> {
    let mut time = String::new();
    SystemTime.format_time(&mut Writer::new(&mut time))?;
    Ok(time)
}

/// The fields of an object in their order.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Adds a field, unless there is one of that name.
    fn add(&mut self, name: &str, value: Value) {
        if self.0.iter().all(|(other, _)| other != name) {
            self.0.push((name.to_owned(), value));
        }
    }

    /// Adds the fields of an object. What is none has no fields.
    fn add_all(&mut self, object: &str) {
        let object: Map<String, Value> = serde_json::from_str(object).unwrap_or_default();
        for (name, value) in object {
            self.add(&name, value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value.into());
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, value)) in self.0.iter().enumerate() {
            let before = if position == 0 { '{' } else { ',' };
            write!(f, "{before}{}:{value}", Value::from(name.as_str()))?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing_subscriber::fmt::format::JsonFields;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written_by(events: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let copy = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || copy.clone())
            .fmt_fields(JsonFields::new())
            .event_format(JsonLine);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn fields_of_event_and_spans_are_one_object() {
        let lines = written_by(|| {
            let _outer =
                tracing::error_span!("connection", session = "A1", peer = "outer").entered();
            let _inner = tracing::error_span!("message", internal_message_id = 7_u64).entered();
            tracing::warn!(target: "part", peer = "inner", level = "mine", "two\n\"lines\"");
        });
        let [line] = &lines[..] else { panic!("{lines:?}") };
        for (name, expected) in [
            ("level", json!("WARN")),
            ("target", json!("part")),
            ("message", json!("two\n\"lines\"")),
            ("session", json!("A1")),
            ("internal_message_id", json!(7)),
            ("peer", json!("inner")),
        ] {
            assert_eq!(line[name], expected, "{name}");
        }
        assert!(line["time"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn numbers_and_flags_are_no_text() {
        let lines = written_by(|| tracing::info!(rows = -1, done = true, share = 0.5, "counted"));
        assert_eq!(lines[0]["rows"], json!(-1));
        assert_eq!(lines[0]["done"], json!(true));
        assert_eq!(lines[0]["share"], json!(0.5));
    }
}
