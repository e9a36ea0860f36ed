"""The server configuration of `make lab`: small messages go out at once, and nothing breaks."""

import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from traitlets.config import PyFileConfigLoader

CONFIG = Path(__file__).parent.parent / "tools" / "jupyter_server_config.py"


def load():
    return PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config()


@pytest.fixture
def connection(monkeypatch):
    calls = []
    monkeypatch.setattr(
        ZMQChannelsWebsocketConnection, "connect", lambda self: calls.append("connect")
    )
    kind = ServerApp(config=load()).kernel_websocket_connection_class
    monkeypatch.setattr(kind, "log", logging.getLogger("test"))
    return object.__new__(kind), calls


def handler(monkeypatch, kind, set_nodelay):
    stand_in = SimpleNamespace(set_nodelay=set_nodelay)
    monkeypatch.setattr(type(kind), "websocket_handler", stand_in)


def test_the_kernel_connection_sends_at_once(connection, monkeypatch):
    made, calls = connection
    handler(monkeypatch, made, lambda on: calls.append(on))
    made.connect()
    assert calls == [True, "connect"]


def test_a_socket_that_refuses_still_connects(connection, monkeypatch, caplog):
    def refuse(on):
        raise AssertionError("no stream")

    made, calls = connection
    handler(monkeypatch, made, refuse)
    made.connect()
    assert calls == ["connect"] and "Small messages may wait: no stream" in caplog.text


def test_a_server_without_that_class_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyter_server.services.kernels.connection.channels", None)
    assert "kernel_websocket_connection_class" not in load().ServerApp
