import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

export interface Health {
  /** The loops of the process that hang; none means that it is alive. A supervisor restarts one that is not. */
  stalled(): readonly string[];
  /** Names of what keeps the process from its work; none means that it can work. */
  notReady(): Promise<readonly string[]>;
  metrics(): Promise<{ readonly text: string; readonly type: string }>;
}

export interface HealthServer {
  readonly port: number;
  close(): void;
}

const TEXT = "text/plain; charset=utf-8";

/** Serves `/livez`, `/readyz` and `/metrics`, to every client that reaches the port: restrict it by the network. */
export async function serveHealth(health: Health, listen: { port: number; host: string }): Promise<HealthServer> {
  const server = createServer((request, response) => {
    request.resume();
    respond(health, request.method ?? "", request.url ?? "").then(
      ({ status, text, type = TEXT }) => {
        response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
        response.end(request.method === "HEAD" ? undefined : text);
      },
      () => response.writeHead(500).end(),
    );
  });
  // A probe is small and soon answered; a client that sends slowly is cut off.
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 64;
  server.listen(listen.port, listen.host);
  await once(server, "listening");
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface HealthResponse {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

async function respond(health: Health, method: string, url: string): Promise<HealthResponse> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, text: "GET or HEAD\n" };
  const [path] = url.split("?");
  if (path === "/livez") return okUnless(health.stalled());
  if (path === "/metrics") return { status: 200, ...(await health.metrics()) };
  if (path !== "/readyz") return { status: 404, text: "/livez, /readyz or /metrics\n" };
  return okUnless(await health.notReady());
}

const okUnless = (names: readonly string[]): HealthResponse =>
  names.length === 0 ? { status: 200, text: "ok\n" } : { status: 503, text: `${names.join("\n")}\n` };
