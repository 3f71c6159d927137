// Asks as a program does that uses fetch: Node's own takes its proxy as a dispatcher. Says status and body.
import { readFileSync } from "node:fs";
import { socksDispatcher } from "fetch-socks";
import { ProxyAgent, fetch } from "undici";

const proxy = new URL(process.env.PROXY);
const tls = { ca: readFileSync(process.env.CA) };
const [username, password] = [proxy.username, proxy.password].map(decodeURIComponent);
const token = username ? `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` : undefined;
const dispatcher = proxy.protocol.startsWith("socks")
  ? socksDispatcher(
      { type: 5, host: proxy.hostname, port: Number(proxy.port), userId: username || undefined, password: password || undefined },
      { connect: tls },
    )
  : new ProxyAgent({ uri: proxy.origin, token, requestTls: tls });
const body = JSON.stringify({ appKey: "ding", appSecret: "s" });
const headers = { "content-type": "application/json" };
const signal = AbortSignal.timeout(30_000);
const answer = await fetch(process.env.URL, { method: "POST", headers, body, dispatcher, signal });
console.log(answer.status, await answer.text());
