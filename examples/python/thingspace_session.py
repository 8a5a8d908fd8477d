"""A ThingSpace session from the access function (docs/access.md): no password, no log-in, no right on the secret.

Needs: pip install requests botocore
Settings: ACCESS_URL (the stack's output AccessUrl), CREDENTIAL, AWS_REGION, and AWS credentials as every SDK finds them.

    session = Session()
    answer = session.run(lambda document: soap(document, "DeviceService", "GetDeviceList"))
"""

import os
import threading
import time
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session as AwsSession

V2 = "http://nphase.com/unifiedwebservice/v2"
MEMBERS = "http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract."
# The function waits for a session itself, through a rotation for example.
CONNECT_S, ANSWER_S = 5, 95


class SessionGone(Exception):
    """ThingSpace no longer knows the session, so it executed nothing."""


class BearerRefused(Exception):
    """The gateway before ThingSpace refused the bearer, so nothing was executed. It is not a dead session."""


class NoSession(Exception):
    """There is no session now. The message says what to do; it holds no secret."""


class SignedForLambda(requests.auth.AuthBase):
    """Signs requests for a Function URL with IAM authorization."""

    def __init__(self, region):
        self._signer = SigV4Auth(AwsSession().get_credentials(), "lambda", region)

    def __call__(self, request):
        signed = AWSRequest(request.method, request.url, {}, request.body)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


class Session:
    """One for a process; its threads may share it. Keeps the document in memory, and nothing on a disk or in a log."""

    def __init__(self, patience_s=30):
        self._address = f"{os.environ['ACCESS_URL'].rstrip('/')}/{os.environ['CREDENTIAL']}/session"
        self._http = requests.Session()
        self._http.auth = SignedForLambda(os.environ["AWS_REGION"])
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._document, self._usable_until = None, 0.0

    def get(self):
        """The document of docs/apps.md: it is good for a minute at most, then the function is asked again."""
        with self._lock:
            if time.monotonic() >= self._usable_until:
                asked_at = time.monotonic()
                self._document = self._ask("GET", self._address).json()
                self._usable_until = asked_at + self._document["usableSeconds"]
            return self._document

    def run(self, send):
        """Runs send(document); again with another session, within patience, when ThingSpace executed nothing.

        A rotation may end two sessions within seconds. A refused bearer is replaced once. Nothing else is repeated.
        """
        deadline, replaced = time.monotonic() + self._patience_s, False
        while True:
            document = self.get()
            try:
                return send(document)
            except SessionGone:
                if time.monotonic() >= deadline:
                    raise
                self._drop(document, {})
            except BearerRefused:
                if replaced:
                    raise
                replaced = True
                self._drop(document, {"refused": "bearer"})

    def _drop(self, document, refused):
        with self._lock:
            # Another thread may have said it meanwhile.
            if self._document is document:
                self._ask("POST", f"{self._address}/gone", {"generation": document["generation"], **refused})
                self._document, self._usable_until = None, 0.0

    def _ask(self, method, address, body=None):
        """Waits as long as the function says, within patience. Both requests may be repeated: neither logs in twice."""
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                answer = self._http.request(
                    method, address, json=body, timeout=(CONNECT_S, ANSWER_S), allow_redirects=False
                )
                if answer.ok:
                    return answer
                why = self._reason(answer)
                # AWS answers 502 for a process that died, without the header.
                wait_s = answer.headers.get("retry-after", "1" if answer.status_code in (502, 504) else None)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                # The last one: the connection ended within the answer.
                why, wait_s = "the access function gave no answer", "1"
            if wait_s is None or time.monotonic() + float(wait_s) > deadline:
                raise NoSession(why)
            time.sleep(float(wait_s))

    @staticmethod
    def _reason(answer):
        try:
            error = answer.json()["error"]
            return f"{error['code']}: {error['message']}"
        except (KeyError, TypeError, ValueError):
            return f"HTTP {answer.status_code}"


def soap(document, service, operation, **members):
    """One SOAP request, never repeated here; the text of the answer. Raises SessionGone for its fault."""
    fields = "".join(f'<m:{n} xmlns:m="{MEMBERS}{service}">{escape(v)}</m:{n}>' for n, v in members.items())
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Header><t:token xmlns:t="{V2}">{escape(document["token"])}</t:token></s:Header>'
        f'<s:Body><v:{operation} xmlns:v="{V2}"><v:Input>{fields}</v:Input></v:{operation}></s:Body></s:Envelope>'
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{V2}/I{service}/{operation}"'}
    answer = requests.post(f"{document['baseUrl']}/{service}.svc", body.encode(), headers=headers, timeout=30)
    if answer.status_code == 500 and "SessionToken." in _faultcode(answer.content):
        raise SessionGone
    return answer.text


def rest(document, path, body):
    """One POST over REST, never repeated here; the answer of requests. Raises SessionGone, BearerRefused."""
    answer = requests.post(f"{document['baseUrl']}{path}", json=body, headers=document["headers"], timeout=30)
    if answer.status_code in (400, 401):
        error = _json(answer)
        code = str(error.get("code") or (error.get("fault") or {}).get("code") or "")
        if answer.status_code == 401 and code in ("900901", "900902", "900903", "900904"):
            raise BearerRefused
        if answer.status_code == 400 and "SessionToken." in str(error.get("errorCode")):
            raise SessionGone
    return answer


def _json(answer):
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _faultcode(content):
    """Prefixes differ from answer to answer."""
    try:
        found = [e for e in ElementTree.fromstring(content).iter() if e.tag.rpartition("}")[2] == "faultcode"]
    except ElementTree.ParseError:
        return ""
    return (found[0].text or "") if found else ""
