import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";

export const createClock = (): Clock => ({ now: () => Date.now() });

export const createRandom = (): Random => ({ bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) });
