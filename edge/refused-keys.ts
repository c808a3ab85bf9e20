import type { Clock } from "#core/ports/clock.ts";
import { Recent } from "./recent.ts";

const REMEMBERED = 50_000;
/** How long a 401 is repeated without a question. A resumed account or an extended key is taken again this much later. */
const UNAUTHORIZED_MS = 5_000;
/** How long after a 401 Postgres is asked only once the shield has said yes. */
const WARY_MS = 60_000;
/** The same after a refusal for the rate, whose reset may be nearer than the next answer of Redis. */
const LEAST_WARY_MS = 1_000;

interface Memory {
  readonly refused_until_ms: number;
  readonly wary_until_ms: number;
}

/** The keys that were lately refused, by hash, kept in this isolate alone: a refused key shall cost the stores little. */
export class RefusedKeys {
  readonly #keys = new Recent<Memory>(REMEMBERED);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `refused`: the answer is known. `wary`: it is likely a refusal, so that no work is started before the shield's yes. */
  standing(key_sha256: string): "plain" | "wary" | "refused" {
    const memory = this.#keys.get(key_sha256);
    const now = this.#clock.now();
    if (memory === undefined || memory.wary_until_ms <= now) return "plain";
    return memory.refused_until_ms <= now ? "wary" : "refused";
  }

  /** The key was nobody's, revoked, expired, or of a suspended tenant. */
  unauthorized(key_sha256: string): void {
    const now = this.#clock.now();
    this.#keys.set(key_sha256, { refused_until_ms: now + UNAUTHORIZED_MS, wary_until_ms: now + WARY_MS });
  }

  rateLimited(key_sha256: string, reset_ms: number): void {
    const now = this.#clock.now();
    this.#keys.set(key_sha256, { refused_until_ms: now, wary_until_ms: now + Math.max(reset_ms, LEAST_WARY_MS) });
  }
}
