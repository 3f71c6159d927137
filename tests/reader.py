"""Recomputes a run's figures from its records, and knows nothing of how firedrill does it.

Reads `firedrill report RUN --format jsonl` on standard input; prints JSON. Definitions: docs and contract, not the Rust code.
"""

import json
import math
import re
import sys

records = [json.loads(line) for line in sys.stdin]
plan = records[0]["plan"]
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def seconds(span):
    """Moments of the plan are nanoseconds, spans are written as in a scenario: 1h40m, 1.8s, 250us."""
    if isinstance(span, int):
        return span / 1e9
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([0-9.]+)([a-z]+)", span))


def of_kind(kind):
    return [record for record in records if record["record"] == kind]


def n_down_of(control):
    return control["n_down"] if control.get("decision") == "detector" else None


messages = {m["message"]: m for m in of_kind("message")}
attempts, receipts = {}, {}
for attempt in of_kind("attempt"):
    attempts.setdefault(attempt["message"], []).append(attempt)
for receipt in of_kind("receipt"):
    first = receipts.setdefault(receipt["message"], {})
    first[receipt["recipient"]] = min(receipt["at_s"], first.get(receipt["recipient"], math.inf))

counts = dict.fromkeys(["intended", "accepted", "refused", "indeterminate", "unsent"], 0)
owed = delivered = 0
for name, message in messages.items():
    endings = {attempt["ending"] for attempt in attempts.get(name, [])}
    fate = "accepted" if "acknowledged" in endings else "indeterminate" if "unanswered" in endings else "refused" if endings else "unsent"
    counts["intended"] += 1
    counts[fate] += 1
    if fate == "accepted":
        owed += len(message["recipients"])
        delivered += sum(who in receipts.get(name, {}) for who in message["recipients"])


def received(name):
    """When the last recipient had it; never, if one has not."""
    return max(receipts.get(name, {}).get(who, math.inf) for who in messages[name]["recipients"])


def warm(due):
    inside = [p for p in plan["phases"] if 0 <= due - seconds(p["start"]) < seconds(p["length"])]
    return not inside or inside[0]["kind"] != "warmup"


journeys = []
for journey in plan["journeys"]:
    mine = [name for name in messages if name.rsplit(".", 1)[0] == journey["name"]]
    mine.sort(key=lambda name: (messages[name]["due_s"], int(name.rsplit(".", 1)[1])))
    latencies = sorted(received(name) - messages[name]["due_s"] for name in mine if warm(messages[name]["due_s"]))
    p99 = latencies[math.ceil(0.99 * len(latencies)) - 1]

    detector = journey["detector"]
    deadline, window, hold_up = map(seconds, (journey["deadline"], detector["window"], detector["hold_up"]))
    decided = [c for c in of_kind("control") if n_down_of(c) and c["journey"] == journey["name"]]
    series = [(messages[n]["due_s"], received(n), received(n) - messages[n]["due_s"] <= deadline) for n in mine]
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
                outages.append([series[down][0], series[first][1]])
                down, since = None, i + 1
    if down is not None:
        outages.append([series[down][0], None])
    merged = outages[:1]
    for start, end in outages[1:]:
        if merged[-1][1] is not None and start - merged[-1][1] < hold_up:
            merged[-1][1] = end
        else:
            merged.append([start, end])
    journeys.append({"id": journey["name"], "n": len(latencies), "p99_s": p99 if math.isfinite(p99) else None, "outages": merged})

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

json.dump({"messages": counts, "owed": owed, "delivered": delivered, "journeys": journeys, "audits": audits}, sys.stdout)
