"""Python's json: reads REST requests, each a whole HTTP request in base64, and answers by a line of JSON.

Nothing of this project is used. As most programs do, it takes the last of two members of one name.
"""

import json
import re
import sys
from base64 import b64decode
from http.client import parse_headers
from io import BytesIO
from urllib.parse import unquote, urlsplit

GROUPS = {
    "account", "accountid", "accountname", "accountnames", "accountnumber", "aname",
    "devicegroupname", "gname", "groupname",
}  # fmt: skip
DEVICES = re.compile(
    "devices?|device_?ids?(to)?|devicelist|devicesto.+|ids?|identifiers?|imeis?|iccids?|eids?|esns?|meids?|mdns?|msisdns?"
)


def texts(value):
    """The texts of a value: of a list, those of its items."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [] if value is None or isinstance(value, dict) else [value if isinstance(value, str) else json.dumps(value)]


def visit(value, found):
    if isinstance(value, list):
        for item in value:
            visit(item, found)
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        folded = name.lower()
        if DEVICES.fullmatch(folded):
            kind = (value.get("kind") or "") if folded == "id" else folded
            found["devices"] += [f"{kind} {text}" for text in texts(member) if text != ""]
        if folded in GROUPS and member is not None:
            found["groups"] += [f"{name} {text}" for text in texts(member)]
        visit(member, found)


def reading(data):
    stream = BytesIO(data)
    method, target, _ = stream.readline().decode("latin-1").split(" ")
    headers = parse_headers(stream)
    body = stream.read(int(headers["content-length"]))
    found = {
        "operation": f"{method} {unquote(urlsplit(target).path)}",
        "tokens": headers.get_all("vz-m2m-token", []),
        "devices": [],
        "groups": [],
        "kinds": [],
    }
    if body:
        visit(json.loads(body), found)
    return found


for line in sys.stdin:
    try:
        answer = reading(b64decode(line))
    except Exception as failure:  # The parsers have errors of their own.
        answer = {"error": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(answer), flush=True)
