# Starts OpenTelemetry for Python with a configuration file, measures, and pushes. Standard input has the file and
# the variables.
import json
import os
import sys

given = json.load(sys.stdin)
os.environ.update(given["variables"])

from opentelemetry import metrics, trace
from opentelemetry.configuration import configure_sdk, load_config_file

configure_sdk(load_config_file(given["file"]))

tracer = trace.get_tracer("own")
with tracer.start_as_current_span("one") as span:
    for key in ["a", "b", "c", "d"]:
        span.set_attribute(key, key * 8)
    for name in ["first", "second", "third"]:
        span.add_event(name, {"a": "1", "b": "2"})

remote = trace.SpanContext(1, 1, True, trace.TraceFlags(0))
with tracer.start_as_current_span("not sampled", trace.set_span_in_context(trace.NonRecordingSpan(remote))):
    pass

meter = metrics.get_meter("own")
wait = meter.create_histogram("own.wait", "s")
for value in [0.2, 0.7, 3, 20]:
    wait.record(value, {"kind": "a", "other": "b"})
meter.create_counter("own.noise").add(1)
size = meter.create_histogram("own.size", "By")
for value in [1, 2, 1000]:
    size.record(value)
meter.create_counter("own.count", "{thing}").add(5, {"kind": "a"})
metrics.get_meter("another").create_histogram("own.total").record(2.5)

trace.get_tracer_provider().shutdown()
metrics.get_meter_provider().shutdown()
