// A host that speaks HTTP/2 and HTTP/1.1 over TLS: `server.mjs CERTIFICATE KEY [STREAMS]`. It says its port, and answers by path.
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const [cert, key] = process.argv.slice(2, 4).map((file) => readFileSync(file));
// As many streams a connection as its client may have open at a time, if that is said.
const settings = process.argv[4] ? { maxConcurrentStreams: Number(process.argv[4]) } : {};
const server = createSecureServer({ cert, key, allowHTTP1: true, settings });
let served = 0;
let watching = 0;

// Says what was asked and over which version, as JSON.
function told(request, response, body) {
  served += 1;
  const { method, url, headers, httpVersion } = request;
  const text = JSON.stringify({ method, url, version: httpVersion, served, length: body.length, headers });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

const answers = {
  // As gRPC answers: a body without a length, and how it went behind it.
  "/trailers": (request, response, body) => {
    response.writeHead(200, { "content-type": "application/grpc" });
    response.addTrailers({ "grpc-status": "0" });
    response.end(body);
  },
  // More than any window.
  "/large": (request, response) => response.end(Buffer.alloc(8 << 20, "x")),
  "/served": (request, response) => response.end(`${served}`),
  "/interim": (request, response, body) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
    told(request, response, body);
  },
  // An answer that has begun and does not end.
  "/watch": (request, response) => {
    watching += 1;
    response.stream.on("close", () => (watching -= 1));
    response.write("now");
  },
  "/watching": (request, response) => response.end(`${watching}`),
  "/reset": (request, response) => response.stream.close(0xb),
};

server.on("request", (request, response) => {
  if (request.url === "/echo") {
    response.stream.respond({ ":status": 200 });
    request.pipe(response.stream);
    return;
  }
  if (request.url === "/goaway") {
    response.stream.session.goaway(0);
    response.end("bye");
    return;
  }
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => (answers[request.url] ?? told)(request, response, Buffer.concat(parts)));
  request.on("error", () => {});
  response.on("error", () => {});
});
server.on("sessionError", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
