import type { Metrics } from "#core/ports/metrics.ts";
import { subscribeToPools } from "./packs/isolation/pool-events.ts";

/** Measures the work processes of all pools of this process. */
export function measurePools(metrics: Metrics): void {
  subscribeToPools((event) => {
    const { pool } = event;
    if (event.kind === "ended") return metrics.count("child_ended", { pool, fault: event.reason });
    metrics.gauge("process_pool_busy", event.busy, { pool });
    metrics.gauge("process_pool_waiting", event.waiting, { pool });
    metrics.gauge("process_pool_size", event.size, { pool });
  });
}
