"""Recomputes a run's figures from its records, and knows nothing of how firedrill does it.

Reads `firedrill report RUN --format jsonl` on standard input; prints JSON. Definitions: docs and contract, not the Rust code.
"""

import json
import math
import re
import sys

records = [json.loads(line) for line in sys.stdin]
plan = records[0]["plan"]
OF_DOCUMENTS = ("read", "edit")
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def seconds(span):
    """Moments of the plan are nanoseconds, spans are written as in a scenario: 1h40m, 1.8s, 250us."""
    if isinstance(span, int):
        return span / 1e9
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([0-9.]+)([a-z]+)", span))


def of_kind(kind):
    return [record for record in records if record["record"] == kind]


def share(written):
    """5%, 0.5%."""
    return float(written.rstrip("%")) / 100


def mixed(value, *parts):
    """The chain of decision 5: each part, a name by its FNV-1a or a number, through the finaliser of SplitMix64."""
    mask = 2**64 - 1

    def mix(z):
        z = (z + 0x9E3779B97F4A7C15) & mask
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        return z ^ z >> 31

    value = mix(value)
    for part in parts:
        if isinstance(part, str):
            hashed = 0xCBF29CE484222325
            for byte in part.encode():
                hashed = (hashed ^ byte) * 0x100000001B3 & mask
            part = hashed
        value = mix((value << 17 | value >> 47) & mask ^ mix(part))
    return value


def content_of(message):
    """Whether something is in it that may not leave, or looks so: the same in every play."""
    name, number = message.rsplit(".", 1)
    corpus = journey_of[name].get("corpus")
    drawn = (mixed(0, "corpus", name, "sort", int(number)) >> 11) / 2**53
    if not corpus or drawn >= share(corpus["violations"]) + share(corpus["look_alikes"]):
        return "plain"
    return "violation" if drawn < share(corpus["violations"]) else "look_alike"


def n_down_of(control):
    return control["n_down"] if control.get("decision") == "detector" else None


journey_of = {journey["name"]: journey for journey in plan["journeys"]}
messages = {m["message"]: m for m in of_kind("message")}
attempts, receipts = {}, {}
for attempt in of_kind("attempt"):
    attempts.setdefault(attempt["message"], []).append(attempt)
    # Who reads or writes a document has it when the store says so, and owes it to nobody.
    message = messages[attempt["message"]]
    if message["capability"] in OF_DOCUMENTS and attempt["ending"] == "acknowledged":
        first = receipts.setdefault(attempt["message"], {})
        first.update({who: min(attempt["done_s"], first.get(who, math.inf)) for who in message["recipients"]})
# Damaged is what came first and was not what was sent; strayed what names a message that was not for whoever received it, or none.
whole, strayed = {}, 0
for receipt in of_kind("receipt"):
    if receipt["recipient"] not in messages.get(receipt["message"], {"recipients": []})["recipients"]:
        strayed += 1
        continue
    pair = (receipt["message"], receipt["recipient"])
    whole[pair] = min((receipt["at_s"], not receipt["intact"]), whole.get(pair, (math.inf, True)))
    first = receipts.setdefault(receipt["message"], {})
    first[receipt["recipient"]] = min(receipt["at_s"], first.get(receipt["recipient"], math.inf))

damaged = {pair for pair, (_, is_damaged) in whole.items() if is_damaged}
# What gateways had inspected: of what, and what came of it.
rulings, rightly_blocked = {}, set()
for one in of_kind("inspected"):
    if one["message"] in messages:
        content = content_of(one["message"])
        rulings.setdefault((one["gateway"], one["endpoint"]), []).append((content, one["ruling"]))
        rightly_blocked |= {one["message"]} if (content, one["ruling"]) == ("violation", "block") else set()

counts = dict.fromkeys(["intended", "accepted", "refused", "indeterminate", "unsent"], 0)
pairs = dict.fromkeys(["owed", "delivered", "declined", "unacknowledged", "undelivered"], 0)
senders_fault = {unsent["message"] for unsent in of_kind("unsent") if unsent["cause"] in ("lag", "stopped")}
for name, message in messages.items():
    mine = attempts.get(name, [])
    endings = {attempt["ending"] for attempt in mine}
    fate = "accepted" if "acknowledged" in endings else "indeterminate" if "unanswered" in endings else "refused" if endings else "unsent"
    counts["intended"] += 1
    counts[fate] += 1
    for who in message["recipients"]:
        # A document's change is owed to nobody, and whether it came to pass without an answer is not known here.
        of_document = message["capability"] in OF_DOCUMENTS
        declined = fate == "accepted" and all(who in a["declined"] for a in mine if a["ending"] == "acknowledged")
        owed, had = fate == "accepted" and not declined and not of_document, who in receipts.get(name, {})
        pairs["owed"] += owed
        pairs["declined"] += declined
        pairs["delivered"] += owed and had
        pairs["unacknowledged"] += had and not owed and not of_document
        known = name not in senders_fault | rightly_blocked and not (of_document and fate == "indeterminate")
        pairs["undelivered"] += known and not had

# Receipts: none is of a message that was not sent before, and what is beyond the first of a pair was duplicated.
tried = {name: [a["sent_s"] for a in mine if a["ending"] != "not_sent"] for name, mine in attempts.items()}
ours = [r for r in of_kind("receipt") if r["recipient"] in messages.get(r["message"], {"recipients": []})["recipients"]]
pairs["received"] = len(ours) + strayed
pairs["duplicated"] = len(ours) - len(whole)
unsent_before = [r for r in ours if not any(sent <= r["at_s"] for sent in tried.get(r["message"], []))]


def out_of_order():
    """RFC 4737: what came after a later one of its stream, and how many positions after the first such. Streams are a sender's; where all of
    a group receive, also a reader's."""
    streams = {}
    for (name, who), (at, _) in whole.items():
        journey, number = name.rsplit(".", 1)
        reader = who if "all" in journey_of[journey]["to"] else None
        streams.setdefault((journey, messages[name]["account"], reader), []).append((at, int(number)))
    extents = []
    for stream in streams.values():
        order = [number for _, number in sorted(stream)]
        for position, number in enumerate(order):
            first = next((i for i in range(position) if order[i] > number), None)
            extents += [position - first] if first is not None else []
    return extents


extents = out_of_order()
pairs["reordered"], pairs["reordered_extent"] = len(extents), max(extents, default=0)

def received(name):
    """When the last recipient had it; never, if one has not."""
    return max(receipts.get(name, {}).get(who, math.inf) for who in messages[name]["recipients"])


def warm(due):
    inside = [p for p in plan["phases"] if 0 <= due - seconds(p["start"]) < seconds(p["length"])]
    return not inside or inside[0]["kind"] != "warmup"


journeys = []
for journey in plan["journeys"]:
    mine = [name for name in messages if name.rsplit(".", 1)[0] == journey["name"] and name not in rightly_blocked]
    mine.sort(key=lambda name: (messages[name]["due_s"], int(name.rsplit(".", 1)[1])))
    latencies = sorted(received(name) - messages[name]["due_s"] for name in mine if warm(messages[name]["due_s"]))
    p99 = latencies[math.ceil(0.99 * len(latencies)) - 1]

    detector = journey["detector"]
    deadline, window, hold_up = map(seconds, (journey["deadline"], detector["window"], detector["hold_up"]))
    decided = [c for c in of_kind("control") if n_down_of(c) and c["journey"] == journey["name"]]
    spoilt = {name for name, _ in damaged}
    in_time = lambda name: received(name) - messages[name]["due_s"] <= deadline and name not in spoilt
    series = [(messages[n]["due_s"], received(n), in_time(n)) for n in mine]
    outages, down, i, since = [], None, 0, 0
    for i, (due, at, good) in enumerate(series):
        if down is None and not good:
            need = decided[-1]["n_down"] if decided and due >= decided[-1]["at_s"] else 5
            run = next((k for k in range(i + 1) if series[i - k][2] or i - k < since), i + 1)
            recent = [j for j in range(since, i + 1) if due - series[j][0] < window]
            bad = [j for j in recent if not series[j][2]]
            if run >= need:
                down = i - run + 1
            elif len(recent) >= 12 and len(bad) >= len(recent) / 2:
                starts = [j for j in bad if not any(all(series[k][2] for k in range(m, m + 3)) for m in range(j, i - 1))]
                down = starts[0]
        elif down is not None and good and i + 1 >= detector["m_up"]:
            first = i - detector["m_up"] + 1
            if first > down and all(point[2] for point in series[first : i + 1]):
                outages.append([series[down][0], series[first][1], mine[down]])
                down, since = None, i + 1
    if down is not None:
        outages.append([series[down][0], None, mine[down]])
    merged = outages[:1]
    for start, end, first_bad in outages[1:]:
        if merged[-1][1] is not None and start - merged[-1][1] < hold_up:
            merged[-1][1] = end
        else:
            merged.append([start, end, first_bad])
    journeys.append({"id": journey["name"], "n": len(latencies), "p99_s": p99 if math.isfinite(p99) else None, "outages": merged})


def under_way(journey, stall):
    """A message is under way until everyone has it, and at most until its deadline. A stall counts that is longer than a tenth of that."""
    deadline = seconds(journey_of[journey]["deadline"])
    mine = [name for name in messages if name.rsplit(".", 1)[0] == journey and name not in senders_fault]
    due = lambda name: messages[name]["due_s"]
    met = lambda name: due(name) <= stall["at_s"] and due(name) + deadline > stall["last_s"] and received(name) >= stall["due_s"]
    return stall["at_s"] - stall["due_s"] > deadline / 10 and any(met(name) for name in mine)


stalled = [[name, stall["last_s"], stall["at_s"]] for name in journey_of for stall in of_kind("stall") if under_way(name, stall)]

# What gateways sent on, by each endpoint that it was handed to, and of what of that an entry of their audit trail tells: the earliest that fits.
audits = {e["name"]: dict.fromkeys(["acts", "told", "missing", "wrong"], 0) for e in plan["endpoints"] if isinstance(e["kind"], dict) and "audit" in e["kind"].get("gateway", {})}
untold = {}
for onward in sorted(of_kind("onward"), key=lambda record: record["sent_s"]):
    if onward["ending"] != "not_sent" and onward["gateway"] in audits:
        audits[onward["gateway"]]["acts"] += 1
        untold.setdefault((onward["gateway"], onward["message"], onward["endpoint"]), []).append(onward)
for entry in sorted(of_kind("audited"), key=lambda record: (record["at_s"], record["entry"])):
    if entry["act"] == "sent_on":
        tries = untold.get((entry["gateway"], entry["message"], entry["endpoint"]), [])
        fits = bool(tries) and tries[0]["sent_s"] <= entry["at_s"]
        audits[entry["gateway"]]["told" if fits else "wrong"] += 1
        del tries[: int(fits)]
for control in of_kind("control"):
    if control["event"] == "audit_ended" and control["whole"]:
        left = [one for key, tries in untold.items() if key[0] == control["gateway"] for one in tries]
        audits[control["gateway"]]["missing"] = sum(one["done_s"] <= control["until_s"] for one in left)
        audits[control["gateway"]]["acts"] -= sum(one["done_s"] > control["until_s"] for one in left)

# What ERPs booked, by the numbers of their own entries: twice is what took effect again, out of order what did after a later state.
books = {}
for entry in sorted(of_kind("entry"), key=lambda record: record["entry"]):
    none = dict.fromkeys(["entries", "applied", "repeated", "superseded", "twice", "out_of_order"], 0)
    book, took, states = books.setdefault(entry["endpoint"], (none, set(), {}))
    book["entries"] += 1
    book[entry["effect"]] += 1
    if entry["effect"] == "applied":
        name, state = entry["message"].rsplit(".", 1)
        document = (name, messages[entry["message"]]["account"])
        book["twice"] += entry["message"] in took
        book["out_of_order"] += states.get(document, -1) > int(state)
        took.add(entry["message"])
        states[document] = int(state)
def blocked(verdicts):
    inspected = [ruling for ruling in verdicts if ruling in ("pass", "block")]
    return inspected.count("block") / len(inspected) if inspected else None


def unseen(gateway, dlp):
    """Messages that were handed on after an inspection that had failed open, the last before it: each once."""
    steps = {}
    for one in of_kind("inspected"):
        if (one["gateway"], one["endpoint"]) == (gateway, dlp) and one["message"] in messages:
            steps.setdefault(one["message"], []).append((one["done_s"], 0, one["ruling"]))
    for one in of_kind("onward"):
        if one["gateway"] == gateway and one["message"] in steps and one["ending"] != "not_sent":
            steps[one["message"]].append((one["sent_s"], 1, "handed_on"))
    handed_on = lambda mine: [before[2] for before, (_, _, step) in zip(mine, mine[1:]) if step == "handed_on"]
    # Of several tries after one inspection, the first counts.
    return sum("failed_open" in handed_on(sorted(mine)) for mine in steps.values())


inspections = [
    {
        "gateway": gateway,
        "dlp": dlp,
        "dlp_detection": blocked([ruling for content, ruling in all if content == "violation"]),
        "dlp_false_positives": blocked([ruling for content, ruling in all if content != "violation"]),
        "uninspected": unseen(gateway, dlp),
    }
    for (gateway, dlp), all in rulings.items()
]


def document_of(message):
    name, number = message.rsplit(".", 1)
    names = (journey_of[name].get("editing") or {}).get("documents", [None])
    return names[int(number) % len(names)]


def became(document):
    """What became of a document's changes. Whoever tries a change again reads again and writes the same text: each try is a version of its own,
    which has in it what its writer had read last, and what he wrote."""
    reads = [found for found in of_kind("shared") if found["what"] == "found" and found["document"] == document]
    edits = [name for name in messages if document_of(name) == document and messages[name]["capability"] == "edit"]
    tries, wrote = {name: [] for name in edits}, {}
    for read in sorted(reads, key=lambda read: read["asked_s"]):
        if read["by"] in tries:
            mine = attempts.get(read["by"], [])
            in_vain = [a for a in mine if a["ending"] in ("refused", "not_sent") and a["sent_s"] <= read["asked_s"] <= a["done_s"]]
            wrote[read["by"], len(tries[read["by"]])] = not in_vain
            tries[read["by"]].append(read)

    def versions(text, at, before=None):
        """Those of a text that can have been read at a moment; a text that was there before its message was is another drill's."""
        begun = [(text, n) for n, own in enumerate(tries.get(text, [])[:before]) if own["at_s"] <= at]
        return [version for version in begun if wrote[version]] or begun

    def base(name, number):
        """The version that one was made from: the last with the text that was read. Who reads his own text has written it in an earlier try."""
        read = tries[name][number]
        return versions(read["writer"], read["at_s"], number if read["writer"] == name else None)[-1:]

    def inside(read):
        """All changes that are in what somebody found, conflicting copies included, of which it is not known by which try they are."""
        seen, more = set(), versions(read["writer"], read["at_s"])[-1:]
        more += [version for copy in read["copies"] for version in versions(copy, read["at_s"])]
        while more:
            version = more.pop()
            if version not in seen:
                seen.add(version)
                more += base(*version)
        return {name for name, _ in seen}

    ends = [read for read in reads if read["by"] is None]
    there = set().union(*(inside(end) for end in ends))
    copies = {name for end in ends for name in end["copies"] if versions(name, end["at_s"])}
    acks = {name: [a["done_s"] for a in attempts.get(name, []) if a["ending"] == "acknowledged"] for name in edits}
    taken = {name: min(at) for name, at in acks.items() if at}
    told = [name for name in edits if any(a["ending"] == "refused" and a["status"] == 412 for a in attempts.get(name, []))]
    lacks = lambda read: any(taken[name] < read["asked_s"] for name in there & set(taken) - inside(read))
    return {
        "edits": list(taken),
        "refused": [name for name in told if name not in taken],
        "copies": list(copies),
        "reads": [read["by"] for read in reads if read["by"] is not None],
        "lost_updates": list(set(taken) - there),
        "conflicts": list(copies & set(taken) | set(told)),
        "stale_reads": [read["by"] for read in reads if read["by"] is not None and lacks(read)],
    }


# Each document over the whole drill, and all together as targets count them: what was due after warm-up.
fates = {name: became(name) for name in sorted({found["document"] for found in of_kind("shared") if found["what"] == "found"})}
documents = {name: {what: len(all) for what, all in fate.items()} for name, fate in fates.items()}
counted = {}
for fate in fates.values():
    for what, all in fate.items():
        counted[what] = counted.get(what, 0) + sum(warm(messages[name]["due_s"]) for name in all)

json.dump(
    {
        "records": len(records),
        "messages": counts,
        "attempted": len(attempts),
        "deliveries": {**pairs, "lost": pairs["owed"] - pairs["delivered"], "damaged": len(damaged), "strayed": strayed},
        "unsent_before": len(unsent_before),
        "journeys": journeys,
        "stalled": stalled,
        "audits": audits,
        "books": {name: book for name, (book, _, _) in books.items()},
        "inspections": inspections,
        "documents": documents,
        "documents_counted": counted,
    },
    sys.stdout,
)
