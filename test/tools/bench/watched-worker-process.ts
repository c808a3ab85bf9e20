import { monitorEventLoopDelay } from "node:perf_hooks";
import type { LoopDelay } from "./isolation.ts";

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const ms = (nanoseconds: number) => nanoseconds / 1e6;

// The worker itself, with a watch on its event loop: "watch" begins a measurement and "tell" ends it.
process.on("message", (order) => {
  if (order === "watch") {
    delay.reset();
    delay.enable();
  } else if (order === "tell") {
    delay.disable();
    const summary: LoopDelay = {
      p50_ms: ms(delay.percentile(50)),
      p99_ms: ms(delay.percentile(99)),
      max_ms: ms(delay.max),
      looks: delay.count,
    };
    process.send?.(summary);
  }
});

await import("../../../backend/worker/main.ts");
// The channel would keep a worker that has stopped alive.
process.disconnect();
