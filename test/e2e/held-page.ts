import { once } from "node:events";
import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

const HTML = `<!doctype html><html lang="en"><title>Held</title><article><h1>Held</h1><p>${"A page that answers when it is told to. ".repeat(20)}</p></article></html>`;

/** A page whose requests wait until they are let go, so that a test knows that a run is in its middle. */
export async function holdPage() {
  const waiting: ServerResponse[] = [];
  let asked = Promise.withResolvers<void>();
  let open = false;
  const answer = (response: ServerResponse) => response.setHeader("content-type", "text/html").end(HTML);
  const server = createServer((_, response) => {
    if (open) answer(response);
    else waiting.push(response);
    asked.resolve();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/held`,
    /** Resolves at the next request, or at once when one is waiting. */
    requested: () => asked.promise,
    hold: () => {
      open = false;
      asked = Promise.withResolvers<void>();
    },
    letGo: () => {
      open = true;
      for (const response of waiting.splice(0)) answer(response);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
