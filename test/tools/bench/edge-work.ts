import { randomUUID } from "node:crypto";
import { Client, type Dispatcher } from "undici";
import { JOB } from "./job.ts";
import type { Addresses, LoadOrder, Work } from "./load-order.ts";

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly status: number;
}

const BODY = JSON.stringify(JOB);
const SHOWN_CHARS = 200;

/** Requests to the edge or to hello: a keep-alive connection per client, one request at a time on it. */
export function edgeWork(addresses: Addresses, order: LoadOrder): Work | undefined {
  const next = calls(order);
  if (next === undefined) return undefined;
  const origin = order.work.startsWith("hello") ? addresses.hello_url : addresses.edge_url;
  const clients = Array.from({ length: order.clients }, () => new Client(origin, { pipelining: 1 }));
  return {
    perform: (tenant, client) => send(clients[client] ?? fail("no such client"), next(tenant)),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function calls(order: LoadOrder): ((tenant: number) => Call) | undefined {
  const authorized = order.tenants.map(({ api_key }) => ({ authorization: `Bearer ${api_key}` }));
  const post = (path: string, status: number) => (tenant: number) => ({
    method: "POST" as const,
    path,
    headers: { ...authorized[tenant], "content-type": "application/json", "idempotency-key": randomUUID() },
    body: BODY,
    status,
  });
  const get = (path: (tenant: number) => string) => (tenant: number) => ({
    method: "GET" as const,
    path: path(tenant),
    headers: { ...authorized[tenant] },
    status: 200,
  });
  let turn = 0;
  const someRun = (tenant: number): string => {
    const run_ids = order.run_ids[tenant] ?? [];
    turn += 1;
    return `/v1/runs/${run_ids[turn % run_ids.length] ?? fail("no run to read")}`;
  };
  if (order.work === "submit") return post("/v1/runs", 202);
  if (order.work === "read") return get(someRun);
  if (order.work === "hello-post") return post("/", 200);
  if (order.work === "hello-get") return get(() => "/");
  return undefined;
}

// The dispatch interface alone: a stream per answer would cost the load process more than the whole request.
function send(client: Client, call: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let shown = "";
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_, code) => {
        status = code;
      },
      onResponseData: (_, chunk) => {
        if (status !== call.status && shown.length < SHOWN_CHARS) shown += chunk.toString("utf8");
      },
      onResponseEnd: () => {
        if (status === call.status) resolve();
        else reject(new Error(`${call.method} answered ${status}: ${problemOf(shown)}`));
      },
      onResponseError: (_, error) => reject(new Error(`${call.method} failed: ${error.message}`)),
    };
    const { method, path, headers, body } = call;
    client.dispatch({ method, path, headers, ...(body === undefined ? {} : { body }) }, handler);
  });
}

// The problem's type alone, so that equal failures are counted as one.
const problemOf = (text: string): string => /"type":"([^"]*)"/.exec(text)?.[1] ?? text.slice(0, SHOWN_CHARS);

function fail(what: string): never {
  throw new Error(what);
}
