import { once } from "node:events";
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Seeded } from "./seeded.ts";

/** How often, in a thousand requests, what happens on the way; the others pass. */
export interface Losses {
  readonly late: number;
  readonly late_ms: number;
  /** So late that whoever asked has given up, and yet it arrives. */
  readonly belated?: number;
  /** Never arrives. */
  readonly request_lost: number;
  /** Arrives and is done; the answer is lost. */
  readonly reply_lost: number;
}

const BELATED_MS = { from: 7_000, to: 13_000 };

export interface LossyWay {
  readonly url: string;
  /** From now on everything passes. */
  calm(): void;
  lost(): number;
  close(): Promise<void>;
}

/** A way to an HTTP server on which requests come late or not at all, and answers are lost. */
export async function lossyWay(to: string, losses: Losses, random: Seeded): Promise<LossyWay> {
  const target = new URL(to);
  let calm = false;
  let lost = 0;
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray());
    const per_mille = random.whole(0, 999);
    const kind = calm ? "passes" : fateOf(per_mille, losses);
    if (kind === "late") await sleep(random.whole(0, losses.late_ms));
    if (kind === "belated") await sleep(random.whole(BELATED_MS.from, BELATED_MS.to));
    if (kind === "request lost") {
      lost += 1;
      return void request.socket.destroy();
    }
    const { method, url } = request;
    const { expect: _expect, ...headers } = request.headers;
    // The host stays the one that was signed.
    const onward = send({ host: target.hostname, port: target.port, method, path: url, headers, setHost: false });
    onward.end(body);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const bytes = Buffer.concat(await answer.toArray());
    if (kind === "reply lost") {
      lost += 1;
      return void request.socket.destroy();
    }
    const { "transfer-encoding": _encoding, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept).end(bytes);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => request.socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${target.pathname === "/" ? "" : target.pathname}`,
    calm: () => void (calm = true),
    lost: () => lost,
    close: () => closeServer(server),
  };
}

function fateOf(per_mille: number, losses: Losses): "passes" | "late" | "belated" | "request lost" | "reply lost" {
  let left = per_mille;
  if ((left -= losses.request_lost) < 0) return "request lost";
  if ((left -= losses.reply_lost) < 0) return "reply lost";
  if ((left -= losses.late) < 0) return "late";
  if ((left -= losses.belated ?? 0) < 0) return "belated";
  return "passes";
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
