import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;
/** A session ends after half a day, used or not. */
const LIFE_MS = 12 * 3_600_000;

const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();
const isSame = (secret: string, hash: Buffer | undefined): boolean =>
  hash !== undefined && timingSafeEqual(hashOf(secret), hash);
const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

/** One token, which is worth one session. Only hashes are kept. */
export interface Sessions {
  /** For the person at the terminal alone. */
  readonly token: string;
  /** The session's secret; undefined where the token is wrong, or was used. */
  readonly begin: (token: string) => string | undefined;
  readonly isOpen: (secret: string) => boolean;
  readonly end: () => void;
}

export function oneSession(now: () => number): Sessions {
  const token = newSecret();
  let unused: Buffer | undefined = hashOf(token);
  let session: Buffer | undefined;
  let ends = 0;
  return {
    token,
    begin(given) {
      if (!isSame(given, unused)) return undefined;
      unused = undefined;
      const secret = newSecret();
      session = hashOf(secret);
      ends = now() + LIFE_MS;
      return secret;
    },
    isOpen: (secret) => isSame(secret, session) && now() < ends,
    end() {
      session = undefined;
    },
  };
}
