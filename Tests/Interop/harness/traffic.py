"""Every message of a room socket in these tests, against the JSON Schemas that the server itself serves.

What the server sends must be described to the last member; what pages and members send must be as described too,
with no member that the schemas don't know. Faults are gathered here and fail the test they happened in (conftest.py).
"""

import collections
import json

import jsonschema

PATH = "/api/v1/schemas/room-socket.json"
# The same text goes to many sockets: judged once.
SEEN_MAX = 50_000
FAULTS_MAX = 20


class Traffic:
    def __init__(self):
        self.definitions = None
        self.validators = {}
        self.seen = set()
        self.faults = []
        self.counts = collections.Counter()
        # Hosts and ports of what is no Hawker.
        self.excused = set()

    def learn(self, server):
        """Takes the schemas of the first server of the run; all servers are the same program."""
        if self.definitions is None:
            status, _, text = server.request("GET", PATH)
            assert status == 200, f"{PATH} answered {status}"
            document = json.loads(text)
            jsonschema.Draft202012Validator.check_schema(document)
            self.definitions = document["$defs"]

    def received(self, text):
        """A text message of the server."""
        if self._isNew("server", text):
            message = json.loads(text)
            self._judge("server", message)
            for each in message["messages"] if message.get("type") == "batch" else []:
                self._judge("server", each)

    def sent(self, text):
        """A text message of a client that means well."""
        if self._isNew("client", text):
            message = json.loads(text)
            self._judge("client", message)
            described = self.definitions.get(f"client.{message.get('type')}", {})
            unknown = set(message) - set(described.get("properties", ()))
            if unknown:
                self._add(f"a client sent members that mean nothing: {sorted(unknown)}", message)

    def takeFaults(self):
        faults, self.faults = self.faults, []
        return faults

    def _isNew(self, side, text):
        key = (side, text)
        if key in self.seen:
            return False
        if len(self.seen) >= SEEN_MAX:
            self.seen.clear()
        self.seen.add(key)
        return True

    def _judge(self, side, message):
        name = f"{side}.{message.get('type')}"
        self.counts[name] += 1
        if name not in self.definitions:
            return self._add(f"there is no {name}", message)
        validator = self.validators.get(name)
        if validator is None:
            validator = self.validators[name] = jsonschema.Draft202012Validator(
                {"$ref": f"#/$defs/{name}", "$defs": self._definitions(name)})
        for error in validator.iter_errors(message):
            best = jsonschema.exceptions.best_match([error])
            self._add(f"{name}: {best.json_path}: {best.message}", message)

    def _definitions(self, name):
        if name != "server.batch":
            return self.definitions
        # Its messages are judged one by one: a choice among seventy takes long and says little.
        return {**self.definitions, "ServerMessage": True}

    def _add(self, fault, message):
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(f"{fault} in {json.dumps(message)[:2000]}")


traffic = Traffic()
