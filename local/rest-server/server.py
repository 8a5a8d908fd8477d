"""An independent server of ThingSpace's REST API: Python's http.server, written from the published pages alone.

Reads one JSON object with the application and the credential from standard input, listens on a free port of
127.0.0.1, and prints the port. A line on standard input asks for the truth, which it prints as one JSON object.
Nothing of this project is used.
"""

import base64
import json
import random
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

given = json.loads(sys.stdin.readline())
password = given["password"]
bearers, sessions = [], []
count = {"bearers": 0, "logIns": 0, "resets": 0, "logOuts": 0, "refused": 0}
draw = random.Random(7)


def new_password():
    """Characters that JSON escapes, and that json.dumps writes as surrogate pairs."""
    return "".join(draw.choice("abcXYZ0189$@/\"&ß😀 ") for _ in range(14)) + "z"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body, indent=draw.choice([None, 2])).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def refuse(self, code):
        count["refused"] += 1
        self.answer(400, {"errorCode": f"UnifiedWebService.{code}", "errorMessage": "Refused."})

    def has_bearer(self):
        """Reads the header; the gateway answers a request whose bearer has ended."""
        if bearers and self.headers["Authorization"] == f"Bearer {bearers[-1]}":
            return True
        fault = {"code": "900901", "type": "Status report", "message": "Invalid Credentials"}
        self.answer(401, {"fault": fault})
        return False

    def do_POST(self):
        body = self.body()
        if self.path == "/api/ts/v1/oauth2/token":
            return self.token(body)
        if not self.has_bearer():
            return None
        if self.path == "/api/m2m/v1/session/login":
            return self.log_in(json.loads(body))
        if self.path == "/api/m2m/v1/session/logout" and body == "":
            return self.log_out()
        return self.answer(404, {"fault": {"code": 900906, "message": "No matching resource"}})

    def do_PUT(self):
        global password
        sent = json.loads(self.body())
        if not self.has_bearer():
            return
        if self.headers["VZ-M2M-Token"] not in sessions:
            return self.refuse("INPUT_INVALID.SessionToken.Invalid")
        if self.path != "/api/m2m/v1/session/password/actions/reset" or sent != {"oldPassword": password}:
            return self.refuse("INPUT_INVALID.Password.Invalid")
        count["resets"] += 1
        password = new_password()
        self.answer(200, {"newPassword": password})

    def token(self, body):
        basic = base64.b64encode(f"{given['apiKey']}:{given['apiSecret']}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {basic}" or body != "grant_type=client_credentials":
            return self.answer(401, {"error": "invalid_client", "error_description": "No such client"})
        count["bearers"] += 1
        if not bearers:
            bearers.append(uuid.uuid4().hex)
        self.answer(200, {"access_token": bearers[-1], "token_type": "Bearer", "expires_in": 1874})

    def log_in(self, sent):
        if sent != {"username": given["username"], "password": password}:
            return self.refuse("INPUT_INVALID.Password.Invalid")
        count["logIns"] += 1
        sessions.append(str(uuid.uuid4()))
        self.answer(200, {"sessionToken": sessions[-1]})

    def log_out(self):
        token = self.headers["VZ-M2M-Token"]
        if token not in sessions:
            return self.refuse("INPUT_INVALID.SessionToken.Invalid")
        sessions.remove(token)
        count["logOuts"] += 1
        self.answer(200, {"sessionToken": token})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for line in sys.stdin:
    if line.strip() == "end the bearer":
        bearers.append(uuid.uuid4().hex)
    print(json.dumps({**count, "password": password, "sessions": len(sessions)}), flush=True)
