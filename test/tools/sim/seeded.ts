import type { Random } from "#core/ports/random.ts";

/** The sfc32 generator (PractRand, C. Doty-Humphrey): the same seed gives the same world. */
export class Seeded implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = new Uint32Array([seed, seed ^ 0x9e3779b9, Math.floor(seed / 2 ** 32), 1]);
    for (let i = 0; i < 16; i++) this.next();
  }

  /** A 32-bit unsigned integer. */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const sum = (a + b + d) >>> 0;
    this.#state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + sum, d + 1]);
    return sum;
  }

  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + (this.next() % (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.next() % list.length] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() & 0xff);
  }

  /** A generator of its own, so that what one party draws does not shift what another draws. */
  fork(): Seeded {
    return new Seeded(this.next());
  }
}
