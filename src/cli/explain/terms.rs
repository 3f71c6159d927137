/// What people who run drills say, as they use it, and what firedrill calls its own parts.
pub(super) const TERMS: &[(&str, &str)] = &[
    (
        "abort",
        "A target that must hold can end the drill (`abort: breached`): as soon as it cannot be kept any more, whatever comes, faults are taken away, what is under way is drained, and the drill fails (exit code 1). If that comes before the baseline is over, and what was seen of it would be no steady state, the run is inconclusive, as it would have been without. `after` keeps it from that for a while. The decision stands in the journal with its figures, and judging again never decides it anew.",
    ),
    (
        "accepted",
        "Of a message: any of its attempts was acknowledged by a platform. What was intended is accepted, refused, indeterminate or unsent, each message once.",
    ),
    (
        "after_accept",
        "A connection was to be refused, and could only be accepted and then reset: the fault's aim is finer than what a listener can tell apart, an address. A client sees a reset instead of a refusal.",
    ),
    ("attempt", "One try to send a message over one route. It ends acknowledged, refused, not sent, or unanswered."),
    (
        "basis",
        "What a latency is measured to: delivery (the recipient's receipt) or acceptance (the platform's acknowledgement, where there is no receipt).",
    ),
    (
        "blame",
        "Whose fault it is that a judged message was not good: an inject's, if a fault hit one of its attempts, kept it from its receiver or caused the outage that it fell into; the sender's, if firedrill itself was late or stopped; else the system's. The sender's are left out of what is judged.",
    ),
    ("blast radius", "Who and what an inject can hit. `firedrill plan` shows it before anything is started."),
    (
        "catalogue",
        "The functions that DingTalk offers to programs, and what Lite and Teams keep of them, each with who says so. `firedrill coverage` shows it.",
    ),
    (
        "burn rate",
        "How many times faster than sustainable an error budget is used up: the share of bad messages by the share that may be bad. Reports say when the usual alerts over thirty days would have fired: at 14.4 times over 1 h and 5 min, 6 times over 6 h and 30 min, 3 times over 1 d and 2 h, and 1 time over 3 d and 6 h. What was due before the drill is taken to have been good.",
    ),
    (
        "budgeting",
        "How an availability is counted, in OpenSLO's words: `occurrences` (messages that were good) or `timeslices` (slices of time in which enough of them were, by default 95% in a minute). The slices of a phase begin with it; what is left at its end is a shorter slice, which counts as any other, and of a longer window takes what it lasts. For a window of a month or longer it is told what this drill leaves of it: by what of its outages lies in the target's phases, or by slices or messages, if `budgeting` is written; of messages a window brings as many as this drill in the same time, and to a route as large a part of them.",
    ),
    ("chance", "The share of units, or of connections, that a fault hits, each by its own draw."),
    (
        "clock",
        "From when a recovery time counts: impact (the first bad message, the default), injection (the inject was applied), detection (it was certain that the journey was down) or declaration (a failover was decided). All stop at the same moment, and a report shows all four. A target chooses with `clock: injection`; by a clock that never began it is inconclusive. Outages of programs that are not ours have the first three: nobody sees them decide on a failover.",
    ),
    (
        "confidence",
        "Of a target: what has to hold. `point`: what was observed. `lower95`, `upper95`: the bound of what so many messages show, which is wrong in at most one drill of twenty. `interval95`: that the interval of so many messages holds the value that `==` asks for, with `min_samples`. By default the bound, if the target must hold and its figure is a share or a percentile; then too few messages are inconclusive, and the report says how many would do, or that more of the same outage would not help. `window: drill` is about this drill alone, of which every message is counted: it goes by the point unless the target says otherwise.",
    ),
    (
        "control arm",
        "The same messages as a journey's, between accounts that no inject hits, by its first route: what would have befallen the journey anyway. A group says with `control: 20%` how many of its accounts, the last ones, take part in it. Reports show both arms side by side with what their figures differ by and its bounds, of which each holds with 97.5 % confidence; a difference that so few messages do not show is called so. Targets are about the other arm alone. If the control arm is down in a fault phase or misses a target as well, a run that would pass is inconclusive, since not everything can be laid on the injects.",
    ),
    ("damaged", "Received with another text than the one that was sent: the digest in its text does not fit."),
    ("deadline", "A message that is received later than this after it was due is not good."),
    (
        "degraded",
        "Of a journey: not down, and yet over the outage detector's window fewer messages were good, or a percentile of latency was longer, than its own targets promise (availability >= …, p95(delivery_latency) <= …); the tightest count, in every phase but warm-up. Without such a target it is not told. Of a function on another platform: there is something of the kind, and it does less; it counts in a coverage's upper bound and not in its lower one.",
    ),
    ("delivery", "One recipient of one message."),
    (
        "draw",
        "A random number that depends on the seed and on what it is for, and on nothing else: the same seed draws the same.",
    ),
    (
        "duration",
        "A time with its unit, without spaces: `250us`, `40ms`, `1.8s`, `90m`, `2h30m`, `3d`. The units are us, ms, s, m (or min), h and d; none is ever implied. In a rate, what it is counted by stands behind a slash: `20/s`, `2/min`, `50/h`.",
    ),
    (
        "expr",
        "What a target promises, in one line and in quotes: a figure, whose it is in braces, a comparison and a bound, such as `recovery_time{journey=order} <= 2h`, `p95(delivery_latency{journey=order}) <= 800ms` or `lost == 0`. The comparisons are <=, <, >=, > and ==. `firedrill explain` lists the figures, and each one's page its labels and its unit.",
    ),
    (
        "effective samples",
        "How many independent messages so many are worth that fare like the ones before: an outage of a hundred messages is one piece of news.",
    ),
    (
        "error budget",
        "How much may go wrong before a promise is broken: with 99.9% availability, one message in a thousand, or of a month of 30 days 43.2 minutes. It is that of the month and the quarter of the calendar in which the drill starts, by the clocks of the scenario's `zone`, or of any time of a length.",
    ),
    (
        "finding",
        "Something that a drill shows besides its verdict. It is told whatever the verdict. There are five kinds: an outage that nobody noticed, since no failover was decided and no alert on the error budget would have fired; a control arm that was not well, with which a run that would pass is inconclusive; a way that stayed open until the end to those who were taken away; and of what is done outside, that it was not undone, or that a rehearsal did not do it.",
    ),
    (
        "flap",
        "An outage that seemed to be over, and came back within hold_up (half of the outage detector's window): it is told as one outage, with how often that happened.",
    ),
    (
        "good",
        "Of a message: it was received by all its recipients within its deadline, or acknowledged within it where nobody tells of receipts, and crossed no boundary that it may not. Availability is the share of good ones among those that were judged.",
    ),
    (
        "indeterminate",
        "Of a message: no attempt was acknowledged, and at least one was never answered, so that nobody can say whether it was taken.",
    ),
    (
        "judged",
        "A message of which it is known whether it was good, and that says something of the system: all but those that the sender is to blame for, and those that were rightly blocked.",
    ),
    (
        "hit",
        "A unit of traffic to which a fault has done something. Each is in the journal; a fault phase without one proves nothing, and the run is inconclusive.",
    ),
    ("journal", "The record of a run, from which every figure is computed again by `firedrill judge`."),
    (
        "late after a failover",
        "Delivered after the deadline, by another route than the one in force when the message was due: neither lost nor in time.",
    ),
    ("level", "How hard a fault bites at a moment, from nothing to all: what a ramp and a waveform make of it."),
    (
        "masking time",
        "How long an inject was at work before anybody could see it: from its being applied, and from its first hit, to the first bad message.",
    ),
    ("MBCO", "Minimum business continuity objective: the least that has to go on working during an outage."),
    ("message", "One due moment of a journey, whether or not it is ever sent."),
    ("MTPD", "Maximum tolerable period of disruption: after so long the damage cannot be made good."),
    (
        "outage",
        "A stretch of a journey in which messages were not good. It begins with the first of them, at the earliest with the last good one before it, and ends with the receipt of the first of many good ones.",
    ),
    (
        "owed",
        "A delivery to a recipient of an accepted message whom the platform did not decline: it was promised. What is owed is delivered, however late, or lost, or still pending.",
    ),
    (
        "path",
        "The faulty way between clients and platforms. All faults live there, and never in a platform or a client.",
    ),
    (
        "observed",
        "What programs that are not ours ask for by a way in, and what becomes of it: a request with its answer where HTTP is read, else a connection. It is journalled without anything that was said, has figures of its own by way in and by host, and targets of its own: observed_availability, observed_latency and others.",
    ),
    ("pick", "Of the units that a fault could hit, counted over everyone, the `first` so many or `every` n-th."),
    ("ramp", "The time in which an inject's level rises evenly from nothing to all. See `firedrill explain inject`."),
    (
        "RPA",
        "Recovery point actual: what was lost, of what was due after the outage before and until the end of this one. By count: deliveries acknowledged and missing at the end. By time: from the last message up to which a sender's stream is whole to the first bad message, for the sender who lost most.",
    ),
    (
        "refused",
        "Of a message: every attempt was turned away with an answer, or never left. Nothing was promised, and nothing is owed.",
    ),
    (
        "replicated",
        "A delivery that was received more than once, however often (RFC 5560); `duplicated` counts the receipts beyond the first.",
    ),
    ("RPO", "Recovery point objective: how much may be lost, counted back from the outage."),
    ("RTA", "Recovery time actual: how long it really took until the business flowed again."),
    ("RTO", "Recovery time objective: how long it may take until the business flows again."),
    (
        "runbook",
        "What people do about an outage: detect, decide, act, verify, restore. This version plays no runbook steps; `decide:` of a failover states how long people take (`firedrill explain failover`).",
    ),
    ("seed", "The number that all draws are made from. A rehearsal with the same seed gives the same bytes."),
    (
        "share",
        "Of a group: the accounts that an inject hits, drawn once for the whole drill. Of anything else: a percentage.",
    ),
    (
        "strayed",
        "Received by somebody for whom it was not, or as a message that never was: its text was damaged on the way, or a service delivered it to the wrong person.",
    ),
    (
        "steady state",
        "How the system behaves in peace. A target of a baseline phase is a condition for it: failing it, nothing is injected and the run is inconclusive. It is asked for when the baseline ends; if it fails once all is known of messages that were under way then, the run is inconclusive as well.",
    ),
    (
        "twin",
        "An emulation of a platform that speaks its API, so that no real account is touched. It is never made faulty itself.",
    ),
    (
        "unit",
        "What a fault decides about: one way of a handshake, a request, an answer, a frame of a WebSocket, or a chunk of a byte stream.",
    ),
    (
        "unsent",
        "Of a message: no attempt was begun. It waited in vain for a slot of its journey or a turn of its account, or firedrill itself was too slow or had been stopped.",
    ),
    ("verdict", "Pass, fail or inconclusive. No data is not a pass."),
    (
        "waveform",
        "How an inject's level goes up and down: in steps, as a sine, in bursts, or as it was recorded. See `firedrill explain inject`.",
    ),
    (
        "way in",
        "A listener for programs that are not ours, which say where they want to go: an HTTP proxy, SOCKS 5, or TLS by the name in its hello. It leads nowhere but where its lists say. In a scenario it stands under `ways_in`, is open while the drill is played, and its exchanges are observed.",
    ),
    (
        "window",
        "Of a target: for which period an availability is promised (`drill`, `month`, `quarter`, `year`), or how long the windows are that slide over its phases, in each of which it has to be kept (`1m`, or `{ length: 1m, every: 10s }`; by default one begins every half window). Its figure is then that of the worst window. It passes if each window shows that it is kept, fails if one shows that it is broken, at a risk that is shared out among all of them, and is inconclusive if any has too few messages.",
    ),
    (
        "world",
        "Where a drill is played: `run` over real sockets in real time, `rehearse` in memory in virtual time. Everything else is the same code.",
    ),
];
