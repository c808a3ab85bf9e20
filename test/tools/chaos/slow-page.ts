import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const TEXT = "A page that takes its time. ".repeat(30);

/**
 * Pages of 127.0.0.1: /slow?ms=N answers after N ms, /never not at all, anything else with 404. Their text is so small that
 * no process reads it: on a busy machine none ends as too complex.
 */
export async function servePages() {
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname === "/never") return;
    if (url.pathname !== "/slow") {
      response.statusCode = 404;
      response.end();
      return;
    }
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        response.setHeader("content-type", "text/plain").end(TEXT);
      },
      Number(url.searchParams.get("ms") ?? 0),
    );
    timers.add(timer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: (path: string) => `http://${host}${path}`,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export type Pages = Awaited<ReturnType<typeof servePages>>;
