import { Log, LogLevel, Miniflare } from "miniflare";
import { ASSETS_DIR, gatherAssets } from "../../backend/assets/gather.ts";

export interface EdgeOptions {
  /** One ES module: what `bundleEdge` makes. */
  readonly script: string;
  /** Text modules that it imports, by their names. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly bindings: Readonly<Record<string, string>>;
  readonly port: number;
  /** This machine alone, unless it is told otherwise. */
  readonly host?: string;
  readonly log?: (line: string) => void;
}

export interface Edge {
  readonly url: string;
  dispose(): Promise<void>;
}

const HOST = "127.0.0.1";
const MODULE = "edge.js";

/** The edge in workerd; it takes requests when this answers. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { log = () => undefined, host = HOST } = options;
  const texts = Object.entries(options.texts ?? {}).map(
    ([name, contents]) => [name, { type: "text" as const, contents }] as const,
  );
  const env = Object.entries({ DPP_LOG_FORMAT: "json", ...options.bindings }).map(
    ([name, value]) => [name, { type: "json" as const, value }] as const,
  );
  await gatherAssets();
  const miniflare = new Miniflare({
    host: HOST,
    cf: false,
    log: new Log(LogLevel.NONE),
    logRequests: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    handleStructuredLogs: ({ message }) => log(message),
    workers: [
      {
        config: {
          name: "edge",
          compatibilityDate: "2025-11-01",
          compatibilityFlags: ["enable_request_signal", "nodejs_als"],
          manifest: {
            mainModule: MODULE,
            modules: { [MODULE]: { type: "esm", contents: options.script }, ...Object.fromEntries(texts) },
          },
          env: Object.fromEntries(env),
          assets: { directory: ASSETS_DIR, hasUserWorker: true, htmlHandling: "none" },
        },
        // Miniflare's own socket has a proxy before the worker that hides a client's going away.
        dev: { unsafeDirectSockets: [{ host, port: options.port }] },
      },
    ],
  });
  await miniflare.ready;
  return { url: `http://${host}:${options.port}`, dispose: () => miniflare.dispose() };
}
