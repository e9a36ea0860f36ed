"""What `make lab` adds to JupyterLab: a slider's picture is sent at once.

By default the operating system may hold a small message back until the browser has confirmed the
one before (Nagle's algorithm, up to 40 ms). A slider sends several small messages per move, so the
kernel's connection switches that off. A server that lacks these names runs as it always did.
"""

try:
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
except ImportError:
    pass
else:

    class PromptConnection(ZMQChannelsWebsocketConnection):
        """The kernel's WebSocket with TCP_NODELAY."""

        def connect(self):
            try:
                self.websocket_handler.set_nodelay(True)
            except Exception as error:  # a connection that is slower is better than none
                self.log.warning("Small messages may wait: %s", error)
            return super().connect()

    c.ServerApp.kernel_websocket_connection_class = PromptConnection  # noqa: F821
