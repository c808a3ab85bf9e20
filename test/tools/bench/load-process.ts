import { edgeWork } from "./edge-work.ts";
import { floorWork } from "./floor-work.ts";
import type { Addresses, LoadAnswer, LoadOrder, Work } from "./load-order.ts";

const PAUSE_AFTER_ERROR_MS = 20;

// The load is a process of its own: in the one that holds the fronts it would wait for them in the same event loop.
async function run(work: Work, order: LoadOrder): Promise<LoadAnswer> {
  // The edge loads a tenant that it does not know; with every client's first request it would do so as many times.
  if (order.tenants.length === 1 && order.warm_ms > 0) await work.perform(0, 0);
  const latencies: number[] = [];
  const errors: Record<string, number> = {};
  const before = process.cpuUsage();
  const first_sent_at_ms = Date.now();
  const start = performance.now();
  const warm_until = start + order.warm_ms;
  const until = warm_until + order.measure_ms;
  let sent = 0;
  let answered = 0;
  let last = warm_until;

  const client = async (index: number): Promise<void> => {
    while (sent < order.most && performance.now() < until) {
      const tenant = sent % order.tenants.length;
      sent += 1;
      const began = performance.now();
      try {
        await work.perform(tenant, index);
        const ended = performance.now();
        answered += 1;
        if (began < warm_until || ended > until) continue;
        latencies.push(ended - began);
        last = ended;
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        errors[what] = (errors[what] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_ERROR_MS));
      }
    }
  };
  await Promise.all(Array.from({ length: order.clients }, (_, index) => client(index)));

  const { user, system } = process.cpuUsage(before);
  return {
    latencies_ms: Float64Array.from(latencies),
    measured_ms: sent < order.most ? order.measure_ms : last - warm_until,
    answered,
    errors,
    cpu_ms: (user + system) / 1000,
    first_sent_at_ms,
  };
}

let addresses: Addresses | undefined;

async function obey(message: Addresses | LoadOrder): Promise<void> {
  if (!("work" in message)) {
    addresses = message;
    return;
  }
  if (addresses === undefined) throw new Error("no addresses yet");
  const work = edgeWork(addresses, message) ?? floorWork(addresses, message);
  // Closed before it is told: what closing costs the stores is no part of what comes next.
  const answer = await run(work, message).finally(() => work.close());
  process.send?.(answer);
}

process.on("message", (message: Addresses | LoadOrder) => {
  obey(message).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit(0));
