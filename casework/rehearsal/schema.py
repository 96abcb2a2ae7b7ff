"""The JSON Schema of scenarios, for completion and faults in an editor.

``python -m casework.rehearsal.schema > tests/scenarios/schema/scenario.json`` brings it up to date.
"""

import json
import sys

from casework.rehearsal.scenario import Scenario


def schema_text() -> str:
    """The schema, the same on every run."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Scenario.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
