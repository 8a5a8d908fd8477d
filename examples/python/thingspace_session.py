"""A ThingSpace session for one Python process, by the rules of docs/apps.md ("Other languages").

It reads the secret at log-in only, reserves the log-in in the ledger by plain DynamoDB calls, presents a
version once, and keeps the session. Needs boto3 and the rights that docs/apps.md lists.
"""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
import uuid
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

IDLE_LIMIT_S = 18 * 60
V2 = "http://nphase.com/unifiedwebservice/v2"
MEMBERS = "http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract."


class SessionGone(Exception):
    """ThingSpace no longer knows the session, so it executed nothing."""


class LogInStopped(Exception):
    """Nothing was presented, or ThingSpace refused it. The message says which; it holds no secret."""


class Session:
    def __init__(self, secret_id, actor, base_url, table):
        self._secret_id, self._actor, self._base_url, self._table = secret_id, actor, base_url, table
        self._secrets = boto3.client("secretsmanager")
        self._dynamodb = boto3.client("dynamodb")
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
        value = self._secrets.get_secret_value(SecretId=self._secret_id, VersionId=version)["SecretString"]
        stored = json.loads(value)
        username, password = stored["username"], stored["password"]
        fingerprint = f"{version}:{_hash(username, password)}"
        attempt = self._reserve(described["ARN"], username, version, fingerprint)
        try:
            answer = soap(
                self._base_url, "SessionService", "LogIn", "", [("Username", username), ("Password", password)]
            )
        except OSError:
            # It may have arrived: the attempt stays in flight, and the ledger counts and announces it later.
            raise LogInStopped("ThingSpace gave no answer to a log-in; it is counted as possible.") from None
        token = _text(answer, "SessionToken")
        if not token:
            self._bar(username, fingerprint)
            raise LogInStopped(f"ThingSpace refused version {version}: store a working password as a new version.")
        self._settle(username, version, attempt)
        return token.strip()

    def _reserve(self, arn, username, version, fingerprint):
        """Takes part in the ledger, more carefully than it asks for: only when nothing has failed or is under way."""
        attempt = str(uuid.uuid4())

        def reserve(state, now):
            journal = state.get("journal", {}).get("state", "idle")
            if journal not in ("idle", "committed"):
                raise LogInStopped(f"The password is being changed, or its change is not settled ({journal}): wait.")
            if fingerprint in state.get("refused", {}):
                raise LogInStopped(f"Version {version} was refused before; it is not presented again.")
            if state.get("failed", 0) or state.get("inFlight") or state.get("unknowns", 0):
                raise LogInStopped("A log-in of somebody failed or is under way: wait until one has succeeded.")
            state.setdefault("inFlight", {})[attempt] = {
                "reservedAt": now,
                "actor": self._actor,
                "purpose": "log-in",
                "username": username,
                "secretArn": arn,
                "versionId": version,
                "fingerprint": fingerprint,
                "mark": 0,
                "fresh": version not in state.get("presented", []),
                "usedRelease": False,
            }
            state["presented"] = [*{*state.get("presented", []), version}]

        self._change(username, reserve)
        return attempt

    def _settle(self, username, version, attempt):
        def settle(state, now):
            state["inFlight"].pop(attempt, None)
            state["presented"] = []
            state["lastGood"] = {"versionId": version, "at": now}

        self._change(username, settle)

    def _bar(self, username, fingerprint):
        """Nobody presents it again. The attempt stays in flight: the ledger counts and announces it later."""

        def bar(state, now):
            state.setdefault("refused", {})[fingerprint] = {"at": now, "releasable": False, "released": False}

        self._change(username, bar)

    def _change(self, username, apply):
        """One consistent read, one write on the condition that nobody wrote in between; every member is kept."""
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
