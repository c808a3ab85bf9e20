import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../dev/free-port.ts";
import type { EdgeSpec } from "../../dev/edge-process.ts";
import type { Addresses, LoadAnswer, LoadOrder } from "./load-order.ts";

const HELLO = `export default {
  async fetch(request) {
    await request.arrayBuffer();
    return Response.json({ hello: "world" });
  },
};`;
const END_MS = 8_000;

export interface Child {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface LoadProcess extends Child {
  run(order: LoadOrder): Promise<LoadAnswer>;
}

/** A process of the bench, with the loader of .sql and .lua. */
export function startChild(file: string): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: ["--import", fileURLToPath(new URL("../../../backend/text-loader.ts", import.meta.url))],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // Samples are typed arrays; and a Ctrl-C is ours to pass on.
    serialization: "advanced",
    detached: true,
  });
}

export function asChild(process: ChildProcess): Child {
  return {
    pid: process.pid ?? 0,
    stop: async () => {
      if (process.exitCode !== null || process.signalCode !== null) return;
      const exit = once(process, "exit");
      process.disconnect();
      const timer = setTimeout(() => process.kill("SIGKILL"), END_MS);
      await exit;
      clearTimeout(timer);
    },
  };
}

export function nextMessage(process: ChildProcess, who: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${who} ended`));
    process.once("exit", ended);
    process.once("message", (message) => {
      process.off("exit", ended);
      resolve(message);
    });
  });
}

/** A Worker that does nothing, in a workerd of its own with the edge's version and options. */
export async function startHello(): Promise<Child & { readonly url: string }> {
  const port = await freePort();
  const process = startChild("../../dev/edge-process.ts");
  process.send({ script: HELLO, bindings: {}, port } satisfies EdgeSpec);
  await nextMessage(process, "hello");
  return { ...asChild(process), url: `http://127.0.0.1:${port}` };
}

export function startLoad(addresses: Addresses): LoadProcess {
  const process = startChild("load-process.ts");
  process.send(addresses);
  return {
    ...asChild(process),
    run: async (order) => {
      const answer = nextMessage(process, "the load process");
      process.send(order);
      return (await answer) as LoadAnswer;
    },
  };
}
