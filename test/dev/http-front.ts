import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HttpFront {
  url: string;
  stop(): Promise<void>;
}

export type Handler = (request: IncomingMessage, body: Buffer, response: ServerResponse) => Promise<void>;

const MAX_BODY_BYTES = 64 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`request body over ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

export function sendJson(response: ServerResponse, status: number, value: unknown, type = "application/json"): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** Where a front listens: a free port of this machine alone, unless it is told otherwise. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

const HERE: Listen = { host: "127.0.0.1", port: 0 };

/** An HTTP server whose handler gets whole bodies; a handler that throws answers 500. */
export async function startHttpFront(handler: Handler, listen: Listen = HERE): Promise<HttpFront> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    readBody(request)
      .then((body) => handler(request, body, response))
      .catch((error: unknown) => {
        if (response.headersSent || response.destroyed) response.destroy();
        else sendJson(response, 500, { message: String(error) });
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
