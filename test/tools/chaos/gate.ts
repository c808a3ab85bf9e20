import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * open: everything passes. refuse: every connection ends at once, in HTTP after a 503. hang: connections are open, and
 * nothing passes; what was sent meanwhile arrives when the gate opens, though nobody waits for it any more.
 */
export type GateState = "open" | "refuse" | "hang";

export interface Gate {
  /** The same address, through the gate. */
  readonly url: string;
  set(state: GateState): void;
  close(): Promise<void>;
}

const REFUSAL = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A gate on the way to a store, which can be shut. */
export async function gate(to: string): Promise<Gate> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  const pairs = new Set<Pair>();
  let state: GateState = "open";
  let opened = Promise.withResolvers<void>();

  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const refuse = (near: Socket) => {
    if (target.protocol !== "http:") return void near.destroy();
    near.once("data", () => near.end(REFUSAL));
  };
  const pass = (near: Socket) => {
    const far = connect({ host: target.hostname, port: Number(target.port) });
    keep(far);
    const pair = { near, far };
    pairs.add(pair);
    near.on("close", () => {
      pairs.delete(pair);
      far.destroySoon();
    });
    far.on("close", () => near.destroySoon());
    join(pair);
  };
  const server = createServer((near) => {
    keep(near);
    if (state === "refuse") refuse(near);
    else if (state === "open") pass(near);
    else void opened.promise.then(() => pass(near));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const shut: Record<GateState, () => void> = {
    open: () => {
      opened.resolve();
      for (const pair of pairs) join(pair);
    },
    refuse: () => {
      for (const socket of sockets) socket.destroy();
    },
    hang: () => {
      opened = Promise.withResolvers<void>();
      for (const { near, far } of pairs) for (const socket of [near, far]) socket.unpipe().pause();
    },
  };
  return {
    url: by(to, server.address() as AddressInfo),
    set: (next) => {
      state = next;
      shut[next]();
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

function join({ near, far }: Pair): void {
  near.pipe(far);
  far.pipe(near);
}

function by(address: string, { port }: AddressInfo): string {
  const through = new URL(address);
  through.host = `127.0.0.1:${port}`;
  return address.endsWith("/") ? through.href : through.href.replace(/\/$/, "");
}
