"""A ThingSpace session for one Python process, by the rules of docs/apps.md ("Other languages").

It reads the secret at log-in only, reserves the log-in in the ledger by plain DynamoDB calls, presents a
version once, announces a failure, and keeps the session. Needs boto3 and the rights that docs/apps.md lists.
"""

import base64
import hashlib
import json
import string
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

IDLE_LIMIT_S = 18 * 60
USERNAME_RULE = "a username is 1 to 256 printable ASCII characters without ', <, \\ and without a blank at its ends"
# As the deployment has them: the failures that lock the username, and those at which all log-ins stop.
LIMIT, BUDGET = 5, 3
V2 = "http://nphase.com/unifiedwebservice/v2"
MEMBERS = "http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract."


class SessionGone(Exception):
    """ThingSpace no longer knows the session, so it executed nothing."""


class LogInStopped(Exception):
    """No log-in was made, or ThingSpace refused it. The message says which; it holds no secret."""


class Session:
    def __init__(self, secret_id, actor, base_url, table, topic_arn):
        self._secret_id, self._actor, self._base_url = secret_id, actor, base_url
        self._table, self._topic_arn = table, topic_arn
        self._secrets = boto3.client("secretsmanager")
        self._dynamodb = boto3.client("dynamodb")
        self._sns = boto3.client("sns")
        self._token, self._used_at = None, 0.0

    def run(self, fn):
        """Runs fn(token); once more with another token when it raises SessionGone. Nothing else is repeated."""
        try:
            return fn(self.token())
        except SessionGone:
            self._token = None
        return fn(self.token())

    def token(self):
        if self._token is None or time.monotonic() - self._used_at >= IDLE_LIMIT_S:
            self._token = self._log_in()
        self._used_at = time.monotonic()
        return self._token

    def _log_in(self):
        # Read at this moment, by label: never from a cache.
        described = self._secrets.describe_secret(SecretId=self._secret_id)
        version = next(v for v, labels in described["VersionIdsToStages"].items() if "AWSCURRENT" in labels)
        value = self._secrets.get_secret_value(SecretId=self._secret_id, VersionId=version)
        username, password = _credential(value.get("SecretString"))
        fingerprint = f"{version}:{_hash(username, password)}"
        attempt = self._reserve(described["ARN"], username, version, fingerprint)
        try:
            answer = soap(
                self._base_url, "SessionService", "LogIn", "", [("Username", username), ("Password", password)]
            )
        except OSError:
            # It may have arrived: the attempt stays in flight until the ledger can count it.
            self._failed(username, attempt, "unknown")
            raise LogInStopped("ThingSpace gave no answer to a log-in; it is counted as possible.") from None
        token = (_text(answer, "SessionToken") or "").strip()
        if not token:
            self._failed(username, attempt, "refused")
            raise LogInStopped(f"ThingSpace refused version {version}: store a working password as a new version.")
        self._settle(username, version, attempt)
        return token

    def _reserve(self, arn, username, version, fingerprint):
        """Takes part in the ledger, more carefully than it asks for: never beside another log-in."""
        attempt = str(uuid.uuid4())

        def reserve(state, now):
            journal = state.get("journal", {}).get("state", "idle")
            if journal not in ("idle", "committed"):
                raise LogInStopped(f"The password is being changed, or its change is not settled ({journal}): wait.")
            if fingerprint in state.get("refused", {}):
                raise LogInStopped(f"Version {version} was refused before; it is not presented again.")
            if state.get("inFlight") or state.get("unknowns", 0):
                raise LogInStopped("A log-in is under way, or the last one got no answer: wait until one has succeeded.")
            failed, fresh = int(state.get("failed", 0)), version not in state.get("presented", [])
            if failed >= (BUDGET if fresh else 1):
                raise LogInStopped(f"{failed} log-ins have failed: store a working password as a new version.")
            state.setdefault("inFlight", {})[attempt] = {
                "reservedAt": now,
                "actor": self._actor,
                "purpose": "log-in",
                "username": username,
                "secretArn": arn,
                "versionId": version,
                "fingerprint": fingerprint,
                "mark": failed,
                "fresh": fresh,
                "usedRelease": False,
            }
            state["presented"] = [*{*state.get("presented", []), version}]

        self._change(username, reserve)
        return attempt

    def _settle(self, username, version, attempt):
        def settle(state, now):
            tried = state["inFlight"].pop(attempt, None)
            if tried is None:
                return  # The write before landed and only its answer was lost.
            # The platform's run of failures ended: those before this log-in no longer count.
            for counted in [*state["inFlight"].values()]:
                counted["mark"] = max(0, counted["mark"] - tried["mark"])
            failed = max(0, state.get("failed", 0) - tried["mark"])
            state.update(failed=failed, presented=[], lastGood={"versionId": version, "at": now}, lastEndedAt=now)

        self._change(username, settle)

    def _failed(self, username, attempt, certainty):
        """Counts it, bars what was refused, and announces it: the alarm waits in `outbox` until SNS has taken it."""
        alarm = {}

        def count(state, now):
            tried = state["inFlight"].get(attempt)
            if tried is None or "unknownAt" in tried:
                return  # The write before landed and only its answer was lost.
            if certainty == "refused":
                del state["inFlight"][attempt]
                state.update(failed=state.get("failed", 0) + 1, unknowns=0, lastEndedAt=now)
                barred = {"at": now, "releasable": False, "released": False}
                state.setdefault("refused", {})[tried["fingerprint"]] = barred
                if state.get("lastGood", {}).get("versionId") == tried["versionId"]:
                    del state["lastGood"]
            else:
                tried["unknownAt"] = now
                state.update(unknowns=state.get("unknowns", 0) + 1, lastUnknownAt=now)
            alarm.update(
                event="failed-log-in",
                id=f"{attempt}:failed-log-in",
                at=now,
                credential=username.lower(),
                exposure=int(state.get("failed", 0)) + len(state["inFlight"]),
                limit=LIMIT,
                budget=BUDGET,
                purpose="log-in",
                certainty=certainty,
                **{name: tried[name] for name in ("actor", "username", "secretArn", "versionId")},
            )
            state["outbox"] = [*state.get("outbox", []), dict(alarm)]

        def published(state, now):
            state["outbox"] = [waiting for waiting in state.get("outbox", []) if waiting["id"] != alarm["id"]]

        self._change(username, count)
        try:
            self._sns.publish(TopicArn=self._topic_arn, **_message(alarm))
        except (BotoCoreError, ClientError):
            return  # The next process with the ledger publishes what waits there.
        self._change(username, published)

    def _change(self, username, apply):
        """One consistent read, one write on the condition of no other write in between; every member is kept."""
        key = {"credential": {"S": username.lower()}, "item": {"S": "state"}}
        for _ in range(20):
            found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            date = found["ResponseMetadata"]["HTTPHeaders"]["date"]
            now = int(parsedate_to_datetime(date).timestamp() * 1000)
            state = {name: TypeDeserializer().deserialize(value) for name, value in found.get("Item", {}).items()}
            revision = state.get("revision", 0)
            apply(state, now)
            state["revision"] = revision + 1
            item = {name: TypeSerializer().serialize(value) for name, value in state.items()}
            condition = (
                {"ConditionExpression": "revision = :read", "ExpressionAttributeValues": {":read": {"N": str(revision)}}}
                if revision
                else {"ConditionExpression": "attribute_not_exists(revision)"}
            )
            try:
                self._dynamodb.put_item(TableName=self._table, Item={**item, **key}, **condition)
                return
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                time.sleep(0.05)
        raise LogInStopped("The ledger was written by others all the time: try again.")


def _message(alarm):
    """As docs/reference/alarm-schema.json has it for machines; a sentence for people."""
    severity = "warning"
    standing = {name: alarm[name] for name in ("exposure", "limit", "budget")}
    summary = f"ThingSpace {alarm['credential']}: log-in {alarm['certainty']}, {alarm['exposure']} of {LIMIT} used"
    at = datetime.fromtimestamp(alarm["at"] / 1000, timezone.utc).isoformat()
    same = ("event", "id", "credential", "username", "secretArn", "actor", "purpose", "certainty", "versionId")
    machine = {
        **{name: alarm[name] for name in same},
        "schema": "thingspace-rotation-alarm/1",
        "at": at.replace("+00:00", "Z"),
        "severity": severity,
        "summary": summary,
        "runbook": "docs/runbook.md#failed-log-in",
        "lockout": {**standing, "left": LIMIT - alarm["exposure"]},
    }
    person = f"{summary}. The app {alarm['actor']} tried version {alarm['versionId']}. See docs/runbook.md."
    label = quote(alarm["credential"], safe=string.punctuation.replace("%", ""))
    attributes = {"severity": severity, "event": alarm["event"], "credential": label}
    return {
        "Subject": summary[:99],
        "MessageStructure": "json",
        "Message": json.dumps({"default": json.dumps(machine), "email": person, "sms": summary[:140]}),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    }


def _credential(value):
    """Username and password, by the rules of lambda/secret/credential.ts: nothing else is ever presented."""
    try:
        stored = json.loads(value)
        username, password = stored["username"], stored["password"]
        filled = username != "" and password.strip() != ""
    except (AttributeError, KeyError, TypeError, ValueError):
        filled = False
    if not filled or not isinstance(username, str):
        why = "it is binary, is not JSON (a byte order mark before it?) or lacks username or password"
        raise LogInStopped(f"The secret cannot be used, {why}: store it again as a JSON text.")
    # Two spellings of one username would be two items of the ledger, with a budget each.
    for place, character in enumerate(username, 1):
        blank_inside = character == " " and 1 < place < len(username)
        if "!" <= character <= "~" and character not in "'<\\" and place <= 256 or blank_inside:
            continue
        kind = "a blank" if character == " " else "not one of these" if " " < character <= "~" else "not printable ASCII"
        raise LogInStopped(
            f"The username in the secret is not used: character {place} of {len(username)} is {kind}, and {USERNAME_RULE}."
        )
    return username, password


def _hash(username, password):
    """As lambda/ledger/fingerprint.ts has it: the ledger knows a password by this."""
    salt = f"thingspace-ledger-v1:{username.lower()}".encode()
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=16)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def soap(base_url, service, operation, token, members):
    """One request, never repeated; the text of the answer. Raises SessionGone for its faults, OSError for no answer."""
    header = f'<t:token xmlns:t="{V2}">{escape(token)}</t:token>' if token else ""
    fields = "".join(f'<m:{n} xmlns:m="{MEMBERS}{service}">{escape(v)}</m:{n}>' for n, v in members)
    body = (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>{header}</s:Header><s:Body>'
        f'<v:{operation} xmlns:v="{V2}"><v:Input>{fields}</v:Input></v:{operation}></s:Body></s:Envelope>'
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{V2}/I{service}/{operation}"'}
    request = urllib.request.Request(f"{base_url}/{service}.svc", body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = response.read().decode()
    except urllib.error.HTTPError as fault:
        answer = fault.read().decode()
    if operation != "LogIn" and "SessionToken." in (_text(answer, "faultcode") or ""):
        raise SessionGone
    return answer


def _text(answer, name):
    """The text of the element with that local name; prefixes differ from answer to answer."""
    try:
        found = [e for e in ElementTree.fromstring(answer).iter() if e.tag.rpartition("}")[2] == name]
    except ElementTree.ParseError:
        return None
    return found[0].text if found else None
