// Asks as a program does that uses fetch: Node's own takes its proxy as a dispatcher. Or its resolver leads the name elsewhere, as a hosts file
// would. Says status and body.
import { readFileSync } from "node:fs";
import { socksDispatcher } from "fetch-socks";
import { Agent, ProxyAgent, buildConnector, fetch } from "undici";

const tls = { ca: readFileSync(process.env.CA) };

function led(to) {
  const [hostname, port] = to.split(":");
  const connector = buildConnector(tls);
  return new Agent({ connect: (asked, done) => connector({ ...asked, servername: asked.hostname, hostname, port }, done) });
}

function proxied(proxy) {
  const [username, password] = [proxy.username, proxy.password].map(decodeURIComponent);
  const token = username ? `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` : undefined;
  return proxy.protocol.startsWith("socks")
    ? socksDispatcher(
        { type: 5, host: proxy.hostname, port: Number(proxy.port), userId: username || undefined, password: password || undefined },
        { connect: tls },
      )
    : new ProxyAgent({ uri: proxy.origin, token, requestTls: tls });
}

const dispatcher = process.env.LED ? led(process.env.LED) : proxied(new URL(process.env.PROXY));
const body = JSON.stringify({ appKey: "ding", appSecret: "s" });
const headers = { "content-type": "application/json" };
const signal = AbortSignal.timeout(30_000);
const answer = await fetch(process.env.URL, { method: "POST", headers, body, dispatcher, signal });
console.log(answer.status, await answer.text());
