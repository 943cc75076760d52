//! Spans as they come and go in the program.
//!
//! A span's trace is its parent's, or a new one. A span that names a message is in the message's
//! trace: `message` stands for the message itself, every other one is below it. A span that comes
//! so into another trace than its parent's is linked to the parent: from a message one finds the
//! connection it came over.

use opentelemetry_proto::tonic::trace::v1::Span;
use tracing::span::Attributes;
use tracing::{Id, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::export::Queue;
use crate::span::{self, Fields, MESSAGE, NAMES};
use crate::trace::Ids;

/// Gives spans that end to the queue.
pub struct SpanLayer {
    server_name: String,
    queue: Queue,
}

/// A span that has not ended.
struct Open {
    ids: Ids,
    span: Span,
}

impl SpanLayer {
    pub(crate) fn new(server_name: &str, queue: Queue) -> Self {
        SpanLayer { server_name: server_name.to_owned(), queue }
    }

    /// Which spans the layer is to see: without this filter, all spans and all events of the
    /// program would be made for it.
    pub fn filter() -> FilterFn {
        let is_exported = |of: &Metadata<'_>| of.is_span() && NAMES.contains(&of.name());
        filter_fn(is_exported as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::DEBUG)
    }

    /// A span of the message's trace, of the parent's, or of a new one.
    fn open(&self, name: &'static str, fields: Fields, parent: Option<Ids>) -> Open {
        let message = fields.message.map(|id| Ids::of_message(&self.server_name, id));
        let (ids, above) = match (message, parent) {
            (Some(message), _) if name == MESSAGE => (message, None),
            (Some(message), Some(parent)) if parent.trace == message.trace => {
                (message.another(), Some(parent))
            }
            (Some(message), _) => (message.another(), Some(message)),
            (None, Some(parent)) => (parent.another(), Some(parent)),
            (None, None) => (Ids::random(), None),
        };
        let mut span = span::begin(name, ids, fields);
        span.parent_span_id = above.map(|above| above.span.to_vec()).unwrap_or_default();
        let elsewhere = parent.filter(|parent| parent.trace != ids.trace);
        span.links.extend(elsewhere.map(span::link));
        Open { ids, span }
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = span.parent().and_then(|parent| ids_of(&parent));
        let open = self.open(attributes.metadata().name(), fields, parent);
        span.extensions_mut().insert(open);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        self.queue.add(Span { end_time_unix_nano: span::now(), ..open.span });
    }
}

fn ids_of<S>(span: &SpanRef<'_, S>) -> Option<Ids>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    span.extensions().get::<Open>().map(|open| open.ids)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::AtomicU64;

    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use tokio::sync::mpsc;
    use tracing::{debug_span, error_span, info_span};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::export::Counts;

    const SERVER: &str = "mail.example.test";

    /// The spans that end in `work`, in that order.
    fn exported(work: impl FnOnce()) -> Vec<Span> {
        let (spans, mut ended) = mpsc::channel(100);
        let new = || -> &'static AtomicU64 { Box::leak(Box::default()) };
        let queue = Queue::over(spans, Counts { exported: new(), dropped: new() });
        let layer = SpanLayer::new(SERVER, queue).with_filter(SpanLayer::filter());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        std::iter::from_fn(|| ended.try_recv().ok()).collect()
    }

    /// What an attribute says, if the span has it.
    fn attribute(span: &Span, name: &str) -> Option<Value> {
        let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
        found.value.clone()?.value
    }

    /// Trace and id of a message.
    fn ids_of_message(id: u64) -> (Vec<u8>, Vec<u8>) {
        let ids = Ids::of_message(SERVER, id);
        (ids.trace.to_vec(), ids.span.to_vec())
    }

    #[test]
    fn a_message_begins_a_trace_and_is_linked_to_its_connection() {
        let spans = exported(|| {
            let _connection = error_span!("connection", service = "SMTP", session = "A1").entered();
            let _message = error_span!("message", internal_message_id = "7").entered();
            let _hop = debug_span!("delivery", internal_message_id = 7_u64, mailbox = 3).entered();
        });
        let [hop, message, connection] = &spans[..] else { panic!("{spans:#?}") };
        assert_eq!((message.trace_id.clone(), message.span_id.clone()), ids_of_message(7));
        assert_eq!(message.parent_span_id, Vec::<u8>::new());
        assert_eq!(message.links[0].span_id, connection.span_id);
        assert_eq!(message.links[0].trace_id, connection.trace_id);
        assert_eq!((&hop.trace_id, &hop.parent_span_id), (&message.trace_id, &message.span_id));
        assert_eq!(hop.links, Vec::new());
        assert_ne!(connection.trace_id, message.trace_id);
        assert_eq!(attribute(message, "rialto.internal_message_id"), Some(Value::IntValue(7)));
        assert_eq!(attribute(hop, "rialto.mailbox"), Some(Value::IntValue(3)));
        assert!(message.start_time_unix_nano >= connection.start_time_unix_nano);
        assert!(connection.end_time_unix_nano >= message.end_time_unix_nano);
    }

    #[test]
    fn a_later_hop_is_below_the_message_and_linked_to_its_connection() {
        let spans = exported(|| {
            let _connection = error_span!("connection", session = "B1", host = "mx.test").entered();
            let _hop = debug_span!("hop", internal_message_id = "7").entered();
        });
        let [hop, connection] = &spans[..] else { panic!("{spans:#?}") };
        assert_eq!((hop.trace_id.clone(), hop.parent_span_id.clone()), ids_of_message(7));
        assert_eq!(hop.links[0].span_id, connection.span_id);
    }

    #[test]
    fn what_the_table_does_not_name_stays_here() {
        let spans = exported(|| {
            let _connection = error_span!("connection", session = "A1", secret = "s").entered();
            let _other = info_span!("other", session = "A2").entered();
            tracing::error!(session = "A3", "an event");
            let _command = debug_span!("command", command = "FETCH").entered();
        });
        let [command, connection] = &spans[..] else { panic!("{spans:#?}") };
        assert_eq!(connection.attributes.len(), 1);
        assert_eq!(attribute(connection, "rialto.session"), Some(Value::StringValue("A1".into())));
        assert_eq!(command.trace_id, connection.trace_id);
        assert_eq!(command.parent_span_id, connection.span_id);
    }
}
