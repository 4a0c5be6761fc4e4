#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""json-valid SCHEMA FILE: is FILE one JSON document that the schema describes completely?

Readers have to accept keys that they do not know; here a key that the schema does not know is an
error, so that none is added without being described. Exit status 77: there is no jsonschema."""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)


def close(part):
    """Objects have no other keys than those that are described."""
    if isinstance(part, dict):
        if "properties" in part:
            part["additionalProperties"] = False
        for value in part.values():
            close(value)
    elif isinstance(part, list):
        for value in part:
            close(value)


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
close(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    document = json.load(file)
error = jsonschema.exceptions.best_match(
    jsonschema.Draft202012Validator(schema).iter_errors(document))
if error:
    sys.exit(f"{error.json_path}: {error.message[:300]}")
