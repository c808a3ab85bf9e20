import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { smoke } from "../../../backend/deploy/smoke.ts";

const PROBE_MS = 2_000;
const SMOKE_MS = 8_000;

/**
 * What a cluster has beside the product: the blackbox exporter that probes /readyz, and kube-state-metrics, which says when
 * the CronJob `smoke` last succeeded. The requests and the paid run are real; the names are those of the exporters.
 */
export async function startStandIns(edgeUrl: string, smokeKey: string) {
  const over = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
  let probes = true;
  let isReady = 0;
  let succeeded_at = Date.now();
  let key = smokeKey;
  const probe = async () => {
    while (!over.signal.aborted) {
      const answer = await fetch(`${edgeUrl}/readyz`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      isReady = answer?.status === 200 ? 1 : 0;
      await pause(PROBE_MS);
    }
  };
  const buy = async () => {
    while (!over.signal.aborted) {
      const isBought = await smoke({ url: edgeUrl, key }).then(
        () => true,
        () => false,
      );
      if (isBought) succeeded_at = Date.now();
      await pause(SMOKE_MS);
    }
  };
  const server = createServer((request, response) => {
    const texts: Readonly<Record<string, string>> = {
      "/probe": probes ? `probe_success ${isReady}\n` : "",
      "/kube": `kube_cronjob_status_last_successful_time{cronjob="smoke"} ${succeeded_at / 1_000}\n`,
    };
    response.setHeader("content-type", "text/plain; version=0.0.4").end(texts[request.url ?? ""] ?? "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const loops = Promise.all([probe(), buy()]);
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    setProbing: (on: boolean) => void (probes = on),
    setSmokeKey: (next: string) => void (key = next),
    close: async () => {
      over.abort();
      server.close();
      server.closeAllConnections();
      await loops;
    },
  };
}
