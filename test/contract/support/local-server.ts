import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on a loopback address that remembers what reached it. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number;
  readonly origin: string;
  readonly requests: IncomingMessage[];
  /** Connections that were opened, with or without a request. */
  readonly connections: () => number;
}

const listening = (server: Server, port: number, host: string) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });

export async function serve(handler: RequestListener, host = "127.0.0.1", port = 0): Promise<LocalServer> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await listening(server, port, host);
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    origin: `http://${host}:${bound}`,
    requests,
    connections: () => connections,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
