"""Prints each key of a dashboard that Grafana's own models do not give back, with its file.

Standard input is a JSON object: a dashboard for each name of a file.
"""

import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(given, got, path):
    if isinstance(given, dict):
        for key, value in given.items():
            if isinstance(got, dict) and key in got:
                yield from lost(value, got[key], f"{path}.{key}")
            elif value not in (None, [], {}, False, ""):
                yield f"{path}.{key}"
    elif isinstance(given, list):
        if not isinstance(got, list) or len(given) != len(got):
            yield path
        else:
            for one, other in zip(given, got):
                yield from lost(one, other, f"{path}[]")
    elif given != got:
        yield path


plugins.register_default_plugins()
for name, given in json.load(sys.stdin).items():
    got = json.loads(JSONEncoder().encode(Dashboard.from_json(given)))
    for path in sorted(set(lost(given, got, ""))):
        print(name, path)
