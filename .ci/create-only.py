"""Compares a stored list of create-only properties with AWS's resource schemas, which cfn-lint carries.

A change of such a property makes CloudFormation replace the resource. `.ci/templates` runs it by the Python of its environment:
create-only.py STORED TEMPLATE…; prints the list of the templates' types where it differs, and ends with 1.
"""

import json
import sys

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

stored, *templates = sys.argv[1:]


def read(name):
    with open(name) as file:
        return json.load(file)


def create_only(type_):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    members = ("createOnlyProperties", "conditionalCreateOnlyProperties")
    return sorted(path for member in members for path in schema.get(member, []))


types = {resource["Type"] for name in templates for resource in read(name)["Resources"].values()}
found = {type_: create_only(type_) for type_ in sorted(types)}
if found != read(stored):
    print(json.dumps(found, indent=2))
    sys.exit(f"{stored} is not what the schemas say: write the lines above into it.")
