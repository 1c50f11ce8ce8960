use super::{
    capture::{self, SpanFields},
    record::Record,
    trace::Home,
};
use std::cell::Cell;
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    span::{Attributes, Id, Record as Values},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// Gathers each event into a [`Record`] and hands it to `E`.
#[derive(Debug)]
pub(super) struct Logs<E> {
    emit: E,
    home: Home,
}

/// Where records go.
pub(super) trait Emit: 'static {
    /// Whether anyone wants an event of this kind now.
    fn wants(&self, metadata: &Metadata<'static>) -> bool;

    fn emit(&self, record: &Record<'_>);
}

thread_local! {
    /// How many events this thread is in the middle of logging.
    static DEPTH: Cell<u8> = const { Cell::new(0) };
}

/// A value whose `Debug` logs may log a value whose `Debug` logs: this deep and no deeper.
const MAX_DEPTH: u8 = 4;

struct Depth;

impl Depth {
    fn enter() -> Option<Self> {
        let entered = DEPTH.try_with(|depth| {
            let now = depth.get();
            (now < MAX_DEPTH).then(|| depth.set(now + 1))
        });
        match entered {
            Ok(Some(())) => Some(Self),
            _ => None,
        }
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

impl<E> Logs<E> {
    pub(super) fn new(emit: E) -> Self {
        Self { emit, home: Home::default() }
    }
}

impl<S, E> Layer<S> for Logs<E>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    E: Emit,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.home.set(dispatch);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        if attributes.is_empty() || span.extensions().get::<SpanFields>().is_some() {
            return;
        }
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        if !fields.0.is_empty() {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Values<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<SpanFields>() {
            Some(known) => known.merge(fields),
            None => extensions.insert(fields),
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if !self.emit.wants(event.metadata()) {
            return;
        }
        let Some(_depth) = Depth::enter() else { return };
        let mut record = capture::event(event);
        surround(&mut record, event, &ctx);
        record.trace = self.home.trace(event, &ctx);
        self.emit.emit(&record);
    }
}

/// Adds the enclosing spans.
fn surround<S>(record: &mut Record<'_>, event: &Event<'_>, ctx: &Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let Some(scope) = ctx.event_scope(event) else { return };
    for span in scope.from_root() {
        record.spans.push(span.name());
        let extensions = span.extensions();
        let Some(SpanFields(fields)) = extensions.get::<SpanFields>() else { continue };
        for (name, value) in fields.iter() {
            if !record.fields.contains(name) {
                record.context.set(name, value.clone());
            }
        }
    }
}
