"""Hosts over TLS: `certified.py CERTIFICATE KEY CLIENTS`. The first two ask for a certificate of their client's, the second in TLS 1.2; the
third does not. Says their ports, and answers everything with 200."""

import http.server
import ssl
import sys
import threading

certificate, key, clients = sys.argv[1:]


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


ports = []
for asks, newest in ((True, ssl.TLSVersion.TLSv1_3), (True, ssl.TLSVersion.TLSv1_2), (False, ssl.TLSVersion.TLSv1_3)):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.maximum_version = newest
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None
    ports.append(server.server_address[1])
    threading.Thread(target=server.serve_forever).start()
print(*ports, flush=True)
