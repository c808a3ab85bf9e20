import { once } from "node:events";
import { createServer, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What becomes of a request: this answer, or the store's own, so much later. */
type Fate = { readonly status: number; readonly body: string } | { readonly late_ms: number } | undefined;
export type Fault = (request: {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}) => Fate | Promise<Fate>;

export interface HttpFront {
  readonly url: string;
  /** Those that are in force; the first that says something decides. */
  readonly faults: Set<Fault>;
  close(): Promise<void>;
}

/** A way to an HTTP server on which requests pass, unless a fault says otherwise. */
export async function httpFront(to: string): Promise<HttpFront> {
  const target = new URL(to);
  const faults = new Set<Fault>();
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray());
    const { method = "GET", url = "/", headers } = request;
    let fate: Fate;
    for (const fault of faults) fate ??= await fault({ method, url, headers });
    if (fate !== undefined && "status" in fate) return void response.writeHead(fate.status).end(fate.body);
    if (fate !== undefined) await sleep(fate.late_ms);
    const { expect: _expect, ...passed } = headers;
    // The host stays the one that was signed.
    const onward = send({
      host: target.hostname,
      port: target.port,
      method,
      path: url,
      headers: passed,
      setHost: false,
      agent: false,
    });
    response.on("close", () => onward.destroy());
    onward.end(body);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const bytes = Buffer.concat(await answer.toArray());
    const { "transfer-encoding": _encoding, connection: _connection, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept).end(bytes);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => request.socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
