"""An inspection that is not perfect, written by somebody who has read docs/dlp.md and nothing else.

It finds for itself what of a text may not leave, by patterns and check digits. Of what it finds it lets every so-many-th pass, and of the
rest it blocks every so-many-th: both are its arguments, and 0 is never. It counts what it does.
"""

import datetime
import json
import pathlib
import re
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from serving import Service, serve  # noqa: E402

misses, flags = int(sys.argv[1]), int(sys.argv[2])
lock = threading.Lock()
said = {"found": [], "missed": [], "clean": [], "flagged": []}

HKID = re.compile(r"(?<![A-Za-z0-9-])([A-Z]{1,2})(\d{6})(?:\(([0-9A])\)|（([0-9A])）|([0-9A]))(?![A-Za-z0-9])")
RESIDENT = re.compile(r"(?<![A-Za-z0-9-])(\d{17})([\dX])(?![A-Za-z0-9])")
CARD = re.compile(r"(?<![A-Za-z0-9-])[2-6]\d{3}(?:([ -]?)\d{4}\1\d{4}\1\d{4}|([ -]?)\d{6}\2\d{5})(?![A-Za-z0-9])")
NUMBER = r"(?:[2-9]\d{3}[ -]?\d{4}|1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)"
PHONE = re.compile(r"(?:\+852|\(852\)|\+86|\(86\))[ -]?" + NUMBER)
CALLED = re.compile(r"(?:\b(?:tel|phone|mobile|whatsapp)\b|電話|电话|手機|手机|致電|致电)[^0-9]{0,8}" + NUMBER, re.IGNORECASE)
CHINESE = re.compile(r"[道街路]\d+[號号].{0,16}?\d+[樓楼室]")
ENGLISH = re.compile(r"\b\d+/F\b.{0,96}\b\d+ [A-Z][A-Za-z ]* (?:Road|Street|Avenue|Lane)\b")
CONTRACT = re.compile(r"(?:contract no\.?|合同編號|合同编号) ?[A-Z]*-?\d|strictly confidential|trade secret|機密文件|机密文件|商業機密|商业机密", re.IGNORECASE)


def is_hkid(letters, digits, check):
    """Weights 9 to 2; one letter counts as if a blank, 36, were before it; the check digit makes the sum a multiple of 11."""
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters] + [int(digit) for digit in digits]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def is_resident(digits, check):
    """GB 11643: weights are powers of two modulo 11."""
    try:
        datetime.date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    return "10X98765432"[sum(2 ** (17 - place) * int(digit) for place, digit in enumerate(digits)) % 11] == check


def is_card(written):
    """Luhn: from the right every second digit is doubled."""
    digits = [int(digit) for digit in re.sub(r"\D", "", written)][::-1]
    return sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits)) % 10 == 0


def may_not_leave(text):
    return (
        any(is_hkid(m[1], m[2], m[3] or m[4] or m[5]) for m in HKID.finditer(text))
        or any(is_resident(m[1], m[2]) for m in RESIDENT.finditer(text))
        or any(is_card(m[0]) for m in CARD.finditer(text))
        or any(pattern.search(text) for pattern in [PHONE, CALLED, CHINESE, ENGLISH, CONTRACT])
    )


def ruling(text):
    """What it says of a text, written down by the message that the text names: `[fd 0.17] …`."""
    message = text.partition("]")[0].removeprefix("[fd ")
    kind, every, wrong = ("found", misses, "missed") if may_not_leave(text) else ("clean", flags, "flagged")
    said[kind].append(message)
    is_wrong = every > 0 and len(said[kind]) % every == 0
    if is_wrong:
        said[wrong].append(message)
    return "block" if (kind == "found") != is_wrong else "pass"


class Inspection(Service):
    def do_POST(self):
        body = self.body()
        if self.path != "/v1/inspect":
            return self.say(404, {"error": "unknown_function"})
        with lock:
            verdict = ruling(json.loads(body)["text"])
        self.say(200, {"verdict": verdict, "findings": []})


serve(Inspection, lock, lambda: said)
