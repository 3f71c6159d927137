// Asks over HTTP/2 as a program does that uses Node's own client, within a tunnel of the proxy. Says status and path of each.
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:http2";
import { connect as secure } from "node:tls";

const [proxy, url] = [new URL(process.env.PROXY), new URL(process.env.URL)];
const asked = request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${url.hostname}:443` });
asked.on("connect", (answer, socket) => {
  const tls = secure({ socket, servername: url.hostname, ALPNProtocols: ["h2"], ca: readFileSync(process.env.CA) }, () => {
    const session = connect(url, { createConnection: () => tls });
    let open = 8;
    for (let number = 0; number < open; number += 1) {
      const stream = session.request({ ":path": `/node/${number}`, ":method": "POST" });
      let [status, text] = [0, ""];
      stream.setEncoding("utf8").on("data", (part) => (text += part));
      stream.on("response", (headers) => (status = headers[":status"]));
      stream.on("error", (error) => (text = error.code));
      stream.on("close", () => {
        console.log("HTTP/2", status, status === 200 ? JSON.parse(text).url : text.trim());
        open -= 1;
        if (open === 0) session.close();
      });
      stream.end("{}");
    }
  });
});
asked.end();
