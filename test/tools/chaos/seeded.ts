import { createHash } from "node:crypto";

/** What one actor draws from: the same seed and name give the same draws, whatever the others do. */
export interface Seeded {
  /** In [0, 1). */
  fraction(): number;
  /** In [from, to], whole. */
  whole(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** By weight. */
  choose<T extends string>(weights: Readonly<Record<T, number>>): T;
}

/** Mulberry32: small, fast, good enough to choose what to break. */
export function seeded(seed: number, name: string): Seeded {
  let state = createHash("sha256").update(`${seed}/${name}`).digest().readUInt32LE(0);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    whole,
    chance: (share) => fraction() < share,
    pick: <T>(from: readonly T[]): T => {
      const found = from[whole(0, from.length - 1)];
      if (found === undefined) throw new Error("nothing to pick from");
      return found;
    },
    choose: <T extends string>(weights: Readonly<Record<T, number>>): T => {
      const entries = Object.entries(weights) as [T, number][];
      let left = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
      throw new Error("nothing to choose from");
    },
  };
}
