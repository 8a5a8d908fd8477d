"""Reads a SOAP request as an app in Python would, from a tree with ElementTree's interface.

Nothing of this project is used: the rules here are those of docs/thingspace-api.md and of SOAP 1.1.
"""

import json
import re
import sys
from base64 import b64decode

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
REF = "{http://schemas.microsoft.com/2003/10/Serialization/}Ref"
GROUPS = {"Account", "AccountName", "AccountNumber", "DeviceGroupName", "GroupName"}
V2 = "{http://nphase.com/unifiedwebservice/v2}"
CONTRACT = "http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract"
CHANGES = ("Activate", "Deactivate", "Suspend", "Restore", "Reconnect")


def children(element):
    """The child elements; lxml also yields comments and instructions, whose tag is a function."""
    return [child for child in element if isinstance(child.tag, str)]


def local(element):
    return element.tag.rpartition("}")[2]


def skipped(element):
    """.NET's serializer reads no content of such an element."""
    return element.get(NIL, "").strip() in ("true", "1") or element.get(REF) not in (None, "")


def descendants(element):
    for child in children(element):
        if not skipped(child):
            yield child
            yield from descendants(child)


def text(element):
    """The text before the first child or comment, as most programs take it."""
    return (element.text or "").strip(" \t\r\n")


def device(parent, identifier):
    kinds = [text(child) for child in children(parent) if local(child) == "Kind" and not skipped(child)]
    return f"{kinds[0] if kinds else ''} {identifier}"


def listed(operation):
    """The devices that .NET's serializer reads in the list of the operation, each behind the service of its namespace.

    It reads the first Input, and its members in the order of their names: it passes over another one.
    """
    inputs = [child for child in children(operation) if child.tag == V2 + "Input"][:1]
    name = "Devices" if local(operation) == "SendSmsMessage" else "DeviceList"
    found, last = [], {}
    for member in (member for one in inputs if not skipped(one) for member in children(one)):
        namespace = member.tag[1:].rpartition("}")[0]
        if not namespace.startswith(CONTRACT + ".") or local(member) <= last.get(namespace, ""):
            continue
        last[namespace] = local(member)
        if local(member) != name or skipped(member):
            continue
        known = ("{" + namespace + "}", "{" + CONTRACT + ".Common}")
        level = [member]
        for step in (
            {"DeviceIdentifierCollection"},
            {"DeviceIdentifiers", "DeviceIndentifiers"},
            {"DeviceIdentifier"},
            {"Identifier"},
        ):
            level = [
                child
                for parent in level
                for child in children(parent)
                if local(child) in step and child.tag.startswith(known) and not skipped(child)
            ]
        found += [f"{namespace[len(CONTRACT) + 1:]} {text(one)}" for one in level if text(one)]
    return found


def reading(envelope):
    if envelope.tag != SOAP + "Envelope":
        raise ValueError("its root is not an Envelope")
    bodies = [child for child in children(envelope) if child.tag == SOAP + "Body"]
    headers = [child for child in children(envelope) if child.tag == SOAP + "Header"]
    blocks = [block for header in headers for block in children(header)]
    operations = [operation for body in bodies for operation in children(body)]
    operation = operations[0]
    found = [operation, *descendants(operation)]
    return {
        "operation": " ".join(one.tag for one in operations),
        "listed": listed(operation),
        "tokens": [f"{block.tag} {text(block)}" for block in blocks if local(block).lower() == "token"],
        "devices": [
            device(parent, text(child))
            for parent in found
            for child in children(parent)
            if local(child) == "Identifier" and not skipped(child) and text(child)
        ],
        "groups": [
            local(one) if local(one).endswith("Filter") else f"{local(one)} {text(one)}"
            for one in found[1:]
            if local(one) in GROUPS or local(one).endswith("Filter")
        ],
        "kinds": [
            change
            for one in found[1:]
            for change in CHANGES
            if re.fullmatch(f"{change}(device(request)?)?", local(one), re.IGNORECASE)
        ],
    }


def serve(parse):
    """Answers each line, a request in base64, by a line of JSON."""
    for line in sys.stdin:
        try:
            answer = reading(parse(b64decode(line)))
        except Exception as failure:  # Each parser has errors of its own.
            answer = {"error": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(answer), flush=True)
