"""Every call of the PyPI client `toxiproxy-python`, unchanged, against a running firedrill proxy.

The client's published archive holds its test helper (`test/test_helper.py`, used here) and not its tests; these are ours.
"""

import json
import socket
import time

import pytest

from test_helper import connect_to_proxy, tcp_server
from toxiproxy import Toxiproxy
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists
from toxiproxy.utils import can_connect_to


@pytest.fixture
def server():
    server = Toxiproxy()
    server.destroy_all()
    yield server
    server.destroy_all()


def port(proxy):
    return int(proxy.listen.rsplit(":", 1)[1])


def test_it_runs_and_tells_its_version(server):
    assert server.running()
    assert json.loads(server.version()) == {"version": "2.12.0"}


def test_create_find_and_destroy(server):
    proxy = server.create(upstream="localhost:3306", name="mysql")
    assert (proxy.name, proxy.upstream, proxy.enabled) == ("mysql", "localhost:3306", True)
    assert server.get_proxy("mysql").listen == proxy.listen
    assert list(server.proxies()) == ["mysql"]
    assert can_connect_to("127.0.0.1", port(proxy))
    assert server.destroy(proxy)
    assert server.get_proxy("mysql") is None
    assert not can_connect_to("127.0.0.1", port(proxy))


def test_refusals_are_the_exceptions_of_the_client(server):
    proxy = server.create(upstream="localhost:3306", name="mysql")
    with pytest.raises(ProxyExists):
        server.create(upstream="localhost:3307", name="mysql")
    with pytest.raises(ProxyExists):
        APIConsumer.post("/proxies", json={"name": "mysql", "upstream": "localhost:3307"})
    with pytest.raises(InvalidToxic):
        proxy.add_toxic(type="latencyyy")
    with pytest.raises(InvalidToxic):
        proxy.add_toxic(type="latency", stream="sideways")
    with pytest.raises(NotFound):
        proxy.destroy_toxic("nothing")
    server.destroy(proxy)
    with pytest.raises(NotFound):
        proxy.enable()


def test_disabled_down_and_enabled(server):
    with tcp_server() as upstream:
        proxy = server.create(upstream="127.0.0.1:%d" % upstream, name="service", enabled=False)
        assert not proxy.enabled
        proxy.enable()
        listen = port(server.get_proxy("service"))
        assert can_connect_to("127.0.0.1", listen)
        with proxy.down():
            assert not can_connect_to("127.0.0.1", listen)
            assert not server.get_proxy("service").enabled
        assert connect_to_proxy("127.0.0.1", listen) < 1


def test_down_cuts_a_connection_that_is_open(server):
    with tcp_server() as upstream:
        proxy = server.create(upstream="127.0.0.1:%d" % upstream, name="service")
        with socket.create_connection(("127.0.0.1", port(proxy)), timeout=5) as sock:
            time.sleep(0.1)
            proxy.disable()
            assert sock.recv(1) == b""


def test_toxics_come_and_go(server):
    proxy = server.create(upstream="localhost:3306", name="mysql")
    assert proxy.toxics() == {}
    proxy.add_toxic(type="latency", attributes={"latency": 123})
    proxy.add_toxic(name="up", type="slicer", stream="upstream", toxicity=0.5, attributes={"average_size": 32, "delay": 50})
    toxics = proxy.toxics()
    assert sorted(toxics) == ["latency_downstream", "up"]
    toxic = proxy.get_toxic("up")
    assert (toxic.type, toxic.stream, toxic.toxicity) == ("slicer", "upstream", 0.5)
    assert toxic.attributes == {"average_size": 32, "size_variation": 0, "delay": 50}
    assert proxy.get_toxic("latency_downstream").attributes == {"latency": 123, "jitter": 0}
    assert proxy.destroy_toxic("up")
    assert proxy.get_toxic("up") is None


@pytest.mark.parametrize("directions", [["downstream"], ["upstream"], ["downstream", "upstream"]])
def test_latency_is_there_and_gone(server, directions):
    with tcp_server() as upstream:
        proxy = server.create(upstream="127.0.0.1:%d" % upstream, name="service")
        # The quickest of three: a machine that is busy for a moment is not the proxy.
        quickest = lambda: min(connect_to_proxy("127.0.0.1", port(proxy)) for _ in range(3))
        assert quickest() < 0.05
        for direction in directions:
            proxy.add_toxic(type="latency", stream=direction, attributes={"latency": 100})
        due = 0.1 * len(directions)
        assert due <= quickest() < due + 0.1
        server.reset()
        assert quickest() < 0.05


def test_reset_enables_and_clears(server):
    proxy = server.create(upstream="localhost:3306", name="mysql")
    proxy.add_toxic(type="latency", attributes={"latency": 123})
    proxy.disable()
    assert server.reset()
    assert server.get_proxy("mysql").enabled
    assert proxy.toxics() == {}


def test_populate_creates_replaces_and_keeps(server):
    first = {"name": "a", "upstream": "localhost:3306", "listen": "127.0.0.1:22222"}
    second = {"name": "b", "upstream": "localhost:3307", "listen": "127.0.0.1:22223"}
    assert [proxy.name for proxy in server.populate([first, second])] == ["a", "b"]
    for proxy in server.proxies().values():
        assert can_connect_to("127.0.0.1", port(proxy))
    assert server.populate([first, second]) == []
    changed = dict(second, upstream="localhost:3308")
    assert [proxy.upstream for proxy in server.populate([first, changed])] == ["localhost:3308"]
    assert sorted(server.proxies()) == ["a", "b"]
