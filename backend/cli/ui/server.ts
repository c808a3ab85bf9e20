import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Performed } from "./answers.ts";
import { commandRequest } from "./commands.ts";
import type { Figures } from "./figures.ts";
import { PAGE, POLICY } from "./page.ts";
import type { Sessions } from "./session.ts";

const HOST = "127.0.0.1";
const MAX_BODY_BYTES = 65_536;
const MAX_CONNECTIONS = 64;
const PAGE_PATH = /^\/(?:[a-z-]{1,20}(?:\/[\w-]{1,64})?)?$/;

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export interface UiServices {
  readonly sessions: Sessions;
  readonly perform: Performed;
  readonly figures: () => Promise<Figures>;
  /** What the page is told of the process: nothing secret. */
  readonly about: { readonly operator: string; readonly version: string };
  /** The page's script and style sheet, by name. */
  readonly assets: ReadonlyMap<string, Buffer>;
  readonly log: (line: string) => void;
}

export interface UiServer {
  /** Without the token. */
  readonly origin: string;
  /** Takes no more requests, and waits for those that it took. */
  readonly close: () => Promise<void>;
}

/** Why a request is not served. */
class Denied extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Content {
  readonly type: string;
  readonly body: string | Buffer;
}

/** Serves the page to browsers of this machine. Throws what listening throws, such as EADDRINUSE. */
export async function serveUi(services: UiServices, port: number): Promise<UiServer> {
  let own: readonly string[] = [];
  const taken = new Set<Promise<unknown>>();
  const take = async <T>(work: Promise<T>): Promise<T> => {
    taken.add(work);
    return work.finally(() => taken.delete(work));
  };
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (asked, to) => {
      respond(services, own, asked, take).then(
        (content) => send(to, 200, content),
        (error: unknown) => fail(services, to, error),
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  own = [`${HOST}:${bound}`, `localhost:${bound}`];
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await Promise.allSettled(taken);
    // Their answers are written by then. Who merely holds a connection open is not waited for.
    await setImmediate();
    server.closeAllConnections();
    await closed;
  };
  return { origin: `http://${HOST}:${bound}`, close };
}

type Take = <T>(work: Promise<T>) => Promise<T>;

async function respond(
  services: UiServices,
  own: readonly string[],
  asked: IncomingMessage,
  take: Take,
): Promise<Content> {
  const { host = "" } = asked.headers;
  // A name that somebody else points at this machine is not ours.
  if (!own.includes(host)) throw new Denied(421, "this address is not served here");
  const path = URL.parse(asked.url ?? "/", `http://${host}`)?.pathname ?? "";
  if (asked.method === "GET" || asked.method === "HEAD") return pageOrAsset(services, path);
  if (asked.method !== "POST") throw new Denied(405, "allowed methods: GET, HEAD, POST");
  expectOwnPage(asked, host);
  if (path !== "/session") expectSession(services, asked);
  const body = await bodyOf(asked);
  return { type: "application/json", body: JSON.stringify(await take(posted(services, path, body))) };
}

function pageOrAsset({ assets }: UiServices, path: string): Content {
  const asset = path.startsWith("/assets/") ? assets.get(path.slice("/assets/".length)) : undefined;
  if (asset !== undefined) return { type: path.endsWith(".css") ? "text/css" : "text/javascript", body: asset };
  if (!PAGE_PATH.test(path)) throw new Denied(404, "not found");
  return { type: "text/html", body: PAGE };
}

/** Pages of other sites, and of other programs of this machine, are refused. */
function expectOwnPage({ headers }: IncomingMessage, host: string): void {
  if (headers.origin !== `http://${host}`) throw new Denied(403, "only this page may ask");
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") throw new Denied(403, "only this page may ask");
  if (headers["content-type"] !== "application/json") throw new Denied(415, "bodies are application/json");
}

function expectSession({ sessions }: UiServices, { headers }: IncomingMessage): void {
  const [, secret = ""] = /^Bearer ([\w-]{1,100})$/.exec(headers.authorization ?? "") ?? [];
  if (!sessions.isOpen(secret)) throw new Denied(401, "the session is over: start `dpp ui` again for a new address");
}

const beginning = z.strictObject({ token: z.string().max(100) });

async function posted(services: UiServices, path: string, body: unknown): Promise<unknown> {
  switch (path) {
    case "/session": {
      const session = services.sessions.begin(parsed(beginning, body).token);
      if (session === undefined)
        throw new Denied(401, "this address was used already, or is wrong: start `dpp ui` again for a new one");
      return { session, ...services.about };
    }
    case "/about":
      return services.about;
    case "/command":
      return services.perform(parsed(commandRequest, body));
    case "/figures":
      return services.figures();
    case "/end":
      services.sessions.end();
      return {};
    default:
      throw new Denied(404, "not found");
  }
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Denied(400, result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

async function bodyOf(asked: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of asked as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Denied(413, `a body has ${MAX_BODY_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new Denied(400, "the body is not JSON");
  }
}

function fail({ log }: UiServices, to: ServerResponse, error: unknown): void {
  if (error instanceof Denied) return send(to, error.status, problem(error.message));
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  send(to, 500, problem("It failed unexpectedly: the terminal says more."));
}

const problem = (detail: string): Content => ({ type: "application/json", body: JSON.stringify({ detail }) });

function send(to: ServerResponse, status: number, { type, body }: Content): void {
  // A body that was not read to its end would be taken for the next request.
  const ends = status >= 400 ? { Connection: "close" } : {};
  to.writeHead(status, { ...HEADERS, "Content-Type": `${type}; charset=utf-8`, ...ends }).end(body);
}
