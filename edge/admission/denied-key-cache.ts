import type { RateState } from "#core/domain/plan.ts";
import type { Clock } from "#core/ports/clock.ts";
import { LruCache } from "./lru-cache.ts";

const REMEMBERED = 20_000;
/** How long a 401 is repeated without a question. A resumed account or an extended key is taken again this much later. */
const UNAUTHORIZED_MS = 5_000;
/** How long after a 401 Postgres is asked only once the shield has said yes. */
const SUSPECT_MS = 60_000;
/** The same after a refusal for the rate, whose reset may be nearer than the next answer of Redis. */
const MIN_SUSPECT_MS = 1_000;

/** How long a 429 is repeated without a question. A faster plan or key is felt this much later at most. */
const LIMITED_MS = 10_000;

export type Policy = "submit" | "read";

/** A key's rate that is used up, as the shield's last answer had it. */
export interface Limit {
  readonly policy: Policy;
  readonly state: RateState;
}

interface Memory {
  readonly denied_until_ms: number;
  readonly suspect_until_ms: number;
}

interface Remembered {
  readonly state: RateState;
  readonly at_ms: number;
}

/** The keys refused lately, by hash, kept only in this isolate: a denied key costs the stores little. */
export class DeniedKeyCache {
  readonly #keys = new LruCache<Memory>(REMEMBERED);
  readonly #limits = { submit: new LruCache<Remembered>(REMEMBERED), read: new LruCache<Remembered>(REMEMBERED) };
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `denied`: the answer is known. `suspect`: it is likely a refusal, so that no work is started before the shield's yes. */
  status(key_sha256: string): "unknown" | "suspect" | "denied" {
    const memory = this.#keys.get(key_sha256);
    const now = this.#clock.now();
    if (memory === undefined || memory.suspect_until_ms <= now) return "unknown";
    return memory.denied_until_ms <= now ? "suspect" : "denied";
  }

  /** The key was nobody's, revoked, expired, or of a suspended tenant. */
  unauthorized(key_sha256: string): void {
    const now = this.#clock.now();
    this.#keys.set(key_sha256, { denied_until_ms: now + UNAUTHORIZED_MS, suspect_until_ms: now + SUSPECT_MS });
  }

  /** The shield refused the key for this rate. A refusal counts nothing, so that the next request may come no sooner. */
  limited(key_sha256: string, { policy, state }: Limit): void {
    this.#limits[policy].set(key_sha256, { state, at_ms: this.#clock.now() });
  }

  /** The rate for which the shield would refuse the key again; undefined where that has to be asked. */
  limitOf(key_sha256: string, policy: Policy): Limit | undefined {
    const found = this.#limits[policy].get(key_sha256);
    if (found === undefined) return undefined;
    const passed_ms = this.#clock.now() - found.at_ms;
    const retry_ms = found.state.retry_ms - passed_ms;
    if (passed_ms < 0 || passed_ms >= LIMITED_MS || retry_ms <= 0) return undefined;
    return { policy, state: { ...found.state, reset_ms: found.state.reset_ms - passed_ms, retry_ms } };
  }

  rateLimited(key_sha256: string, retry_ms: number): void {
    const now = this.#clock.now();
    this.#keys.set(key_sha256, { denied_until_ms: now, suspect_until_ms: now + Math.max(retry_ms, MIN_SUSPECT_MS) });
  }
}
