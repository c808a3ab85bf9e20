import { Outage } from "#core/domain/outage.ts";

/** Outages at so many tenants in a row are the store's: the round ends. */
const OUTAGES_IN_A_ROW = 3;
/** The most rounds that a tenant whose steps keep failing is left out of. */
const LONGEST_REST = 8;
/** More are not remembered. */
const MAX_FAILING = 10_000;

interface Failing {
  readonly failures: number;
  /** Left out up to this round. */
  readonly until_round: number;
}

/**
 * A timeout of one tenant's step counts against that tenant, while steps of others succeed: it is left out of the rest of
 * the round, and of 1, 2, 4, then 8 rounds that follow (of `longest_rest` at most), so that it holds up nobody.
 */
export class TenantTurns {
  readonly #failing = new Map<string, Failing>();
  readonly #longest_rest: number;
  #rounds = 0;

  constructor(longest_rest = LONGEST_REST) {
    this.#longest_rest = longest_rest;
  }

  begin(): TenantRound {
    this.#rounds += 1;
    return new TenantRound(this);
  }

  isResting(tenant_id: string): boolean {
    return (this.#failing.get(tenant_id)?.until_round ?? 0) >= this.#rounds;
  }

  succeeded(tenant_id: string): void {
    this.#failing.delete(tenant_id);
  }

  failed(tenant_id: string): void {
    if (this.#longest_rest === 0 || this.#failing.size >= MAX_FAILING) return;
    const failures = (this.#failing.get(tenant_id)?.failures ?? 0) + 1;
    const rest = Math.min(2 ** (failures - 1), this.#longest_rest);
    this.#failing.set(tenant_id, { failures, until_round: this.#rounds + rest });
  }
}

class TenantRound {
  readonly #turns: TenantTurns;
  readonly #out = new Set<string>();
  #outages_in_a_row = 0;
  #outage: Outage | undefined;
  #hasWorked = false;

  constructor(turns: TenantTurns) {
    this.#turns = turns;
  }

  /**
   * One step of a tenant, unless the tenant is left out. `onError` gets its error. Throws the outage when the store
   * is out, which ends the round: the next one goes on after this step.
   */
  async step(tenant_id: string, work: () => Promise<unknown>, onError: (error: unknown) => void): Promise<void> {
    if (this.#out.has(tenant_id) || this.#turns.isResting(tenant_id)) return;
    try {
      await work();
      this.#turns.succeeded(tenant_id);
    } catch (error) {
      onError(error);
      if (error instanceof Outage) {
        this.#out.add(tenant_id);
        this.#outage = error;
        this.#outages_in_a_row += 1;
        if (this.#outages_in_a_row >= OUTAGES_IN_A_ROW) this.#fail(error);
        return;
      }
    }
    this.#hasWorked = true;
    this.#outages_in_a_row = 0;
  }

  /** Ends the round. Throws the last outage when there was nothing else: then no tenant is to blame. */
  end(): void {
    if (this.#outage !== undefined && !this.#hasWorked) throw this.#outage;
    this.#blame();
  }

  #fail(outage: Outage): never {
    if (this.#hasWorked) this.#blame();
    throw outage;
  }

  #blame(): void {
    for (const tenant_id of this.#out) this.#turns.failed(tenant_id);
  }
}

/**
 * Yields what `find` finds, in pages of `size`, from where the last round ended, then once from the start. The place is
 * noted before each is yielded, so that one that fails is not the first of the next round.
 */
export async function* walk<T>(
  cursor: { after: T | undefined },
  find: (after: T | undefined) => Promise<readonly T[]>,
  size: number,
): AsyncGenerator<T> {
  let isLastLap = cursor.after === undefined;
  for (;;) {
    const page = await find(cursor.after);
    for (const each of page) {
      cursor.after = each;
      yield each;
    }
    // A short page is the last one: where more comes all the time, none would ever be empty.
    if (page.length >= size) continue;
    cursor.after = undefined;
    if (isLastLap) return;
    isLastLap = true;
  }
}
