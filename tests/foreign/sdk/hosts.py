"""A program with the vendor's hosts in its code, in an office with a proxy: the proxy is ours, ends TLS, and leads these hosts to the twin."""

import os

from rig import OnTwin

HOSTS = ["api.dingtalk.com", "oapi.dingtalk.com"]


class ByHosts(OnTwin):
    platform, edition, key = "dingtalk", "mainland", "dingfdanna"

    def more(self, place):
        self.place = place
        return ["--tls", "127.0.0.1:0", "--ca", str(place / "theirs")]

    def setUp(self):
        super().setUp()
        twin = self.twin.ready["https"].removeprefix("https://").replace("localhost", "127.0.0.1")
        faults = self.place / "faults.yaml"
        way = ["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--ca", str(self.place / "own")]
        way += ["--upstream-ca", str(self.place / "theirs" / "ca.pem"), "--faults", str(faults)]
        for host in HOSTS:
            way += ["--map", f"{host}:443={twin}", "--intercept", host]
        self.api = self.start("proxy", *way, ANNA_KEY=self.key).ready["api"]
        proxy = "http://" + self.control("GET", "/proxies/forward")["listen"]
        own = str(self.place / "own" / "ca.pem")
        # What an office tells its programs. Of this machine nothing is asked by way of it.
        self.told = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "REQUESTS_CA_BUNDLE": own, "SSL_CERT_FILE": own}
        self.told |= {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost", "NODE_EXTRA_CA_CERTS": own}
        before = {name: os.environ.get(name) for name in self.told}
        os.environ.update(self.told)
        self.addCleanup(self.restore, before)

    def restore(self, before):
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})

    def asked(self):
        """How many connections the way in has taken."""
        proxies = self.control("GET", "/firedrill/v1/state")["proxies"]
        return next(proxy for proxy in proxies if proxy["name"] == "forward")["accepted"]
