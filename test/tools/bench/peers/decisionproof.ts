import { parseApiKey } from "../../../../backend/core/domain/api-key.ts";
import { encodeSignal } from "../../../../backend/core/domain/message.ts";
import { createSqs } from "../../../../edge/drivers/sqs.ts";
import { SUBMITTED } from "../../../support/submission.ts";
import { direct, submit } from "../floor-work.ts";
import type { BenchTenant } from "../load-order.ts";
import type { PeerAddresses } from "./peer-order.ts";

const TIMEOUT_MS = 10_000;

/** What the edge does for a submit, S1, S2 and S4, from this process: the peers' submits go through no edge either. */
export function decisionproofSubmits(addresses: PeerAddresses) {
  const stores = direct({ redis_url: addresses.redis_url, database_url: addresses.edge_database_url });
  const signals = createSqs({
    queue_url: addresses.queue_url,
    region: addresses.region,
    access_key_id: addresses.access_key_id,
    secret_access_key: addresses.secret_access_key,
    timeout_ms: TIMEOUT_MS,
  });
  const sent: Promise<void>[] = [];
  return {
    async submit({ tenant_id, api_key }: BenchTenant): Promise<void> {
      const run_id = await submit(stores, { tenant_id, key_sha256: parseApiKey(api_key)?.sha256 ?? "" });
      // After its answer, as at the edge.
      sent.push(signals.send([encodeSignal({ run_id, traceparent: SUBMITTED.traceparent })]));
    },
    async drain(): Promise<void> {
      await Promise.all(sent);
    },
    close: () => stores.close(),
  };
}
