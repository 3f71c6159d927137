"""A store of documents, written by somebody who knows ETag and If-Match (RFC 9110) and has read docs/erp-and-documents.md.

Its argument says how it goes wrong: `never`; `forgets`, every fourth change that it says it has written it has not; or `overlooks`, of
those who have not read what is there it lets every second write all the same, over what they have not seen. It knows what is gone.
"""

import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from serving import Service, serve  # noqa: E402

wrong = sys.argv[1]
lock = threading.Lock()
# Of each document every version: what it says, and the number of the version that its writer had read.
documents = {}
counted = {"written": [], "refused": []}
late = 0


def message(text):
    """`[fd 0.17] …`"""
    return text.partition("]")[0].removeprefix("[fd ")


def write(name, text, read):
    """The new version's number, or none if somebody else was there after what was read."""
    global late
    versions = documents.setdefault(name, [])
    if read != len(versions):
        late += 1
        if wrong != "overlooks" or late % 2:
            counted["refused"].append(message(text))
            return None
    counted["written"].append(message(text))
    if wrong != "forgets" or len(counted["written"]) % 4:
        versions.append((text, read))
        return len(versions)
    return len(versions) + 1


def lost():
    """Whatever was written, and is not among what the last version goes back to."""
    gone = set(counted["written"])
    for versions in documents.values():
        number = len(versions)
        while number:
            text, number = versions[number - 1]
            gone.discard(message(text))
    return sorted(gone)


class Store(Service):
    def do_GET(self):
        with lock:
            versions = documents.get(self.path.removeprefix("/v1/documents/"), [])
            number, text = len(versions), versions[-1][0] if versions else ""
        if number == 0:
            return self.say(404, {"error": "not_found"})
        self.say(200, {"version": str(number), "text": text, "copies": []}, [("etag", f'"{number}"')])

    def do_PUT(self):
        text = json.loads(self.body())["text"]
        name = self.path.removeprefix("/v1/documents/")
        tag, absent = self.headers.get("if-match"), self.headers.get("if-none-match") == "*"
        if tag is None and not absent:
            return self.say(428, {"error": "precondition_required"})
        with lock:
            number = write(name, text, 0 if absent else int(tag.strip('"')))
        if number is None:
            return self.say(412, {"error": "precondition_failed"})
        self.say(201 if number == 1 else 200, {"version": str(number)}, [("etag", f'"{number}"')])


serve(Store, lock, lambda: {**counted, "lost": lost()})
