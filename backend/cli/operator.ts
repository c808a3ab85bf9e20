import type { Clock } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { ObjectReader } from "#core/ports/objects.ts";
import type { DeadLetters } from "#core/ports/queue.ts";
import type { Random } from "#core/ports/random.ts";
import type { Redis } from "#core/ports/redis.ts";

/** What an operation works with; `db` is the owner's. */
export interface Operator {
  readonly db: Db;
  /** Undefined: no Redis is named, and nothing mirrors what changes here until its next sync. */
  readonly redis: Redis | undefined;
  readonly sync_grace_seconds: number;
  readonly clock: Clock;
  readonly random: Random;
  /** A line for the person at the terminal, beside the answer. */
  readonly warn: (line: string) => void;
}

/** What the few operations beyond the database and its mirror work with. */
export interface StoresOperator extends Operator {
  /** Where the results are; complains of the environment that does not say so. */
  readonly objects: () => Promise<ObjectReader>;
  /** What the signal queue gave up on; complains likewise. */
  readonly deadLetters: () => Promise<DeadLetters>;
}

/** The answer of an operation, for people and for programs. */
export interface Report {
  readonly text: string;
  readonly json: unknown;
  /** The command ran, and reports a problem: exit code 1. */
  readonly exit_code?: 1;
}

/** What was asked for is not there, or may not be; the message is for the person who asked. */
export class Refused extends Error {
  override readonly name = "Refused";
}
