import { randomBytes } from "node:crypto";
import type { Random } from "#core/ports/random.ts";

export const createRandom = (): Random => ({ bytes: (length) => randomBytes(length) });
