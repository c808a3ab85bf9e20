const IDLE_MS = 30 * 60_000;
export const KEY_FORM = /^dpp_(live|test)_[0-9A-Za-z]{32}_[0-9a-f]{8}$/;

/** By the wall clock: timers stand still in a closed tab, and while the machine sleeps. */
export const isIdle = (usedAt: number, now: number): boolean => Math.abs(now - usedAt) > IDLE_MS;

export const savedForm = (apiKey: string, now: number): string => JSON.stringify({ key: apiKey, used_at: now });

/** The API key of a saved session; undefined unless it was used within the last half hour. */
export function savedKey(saved: string | null, now: number): string | undefined {
  const { key, used_at } = membersOf(saved);
  if (typeof key !== "string" || !KEY_FORM.test(key) || typeof used_at !== "number") return undefined;
  return isIdle(used_at, now) ? undefined : key;
}

function membersOf(saved: string | null): { readonly key?: unknown; readonly used_at?: unknown } {
  try {
    const value: unknown = JSON.parse(saved ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Who is signed in. What a former session asks for late is ignored. */
export interface Keeper<S> {
  readonly start: (next: S) => void;
  /** `why` is left out when the person asks for it; else it waits until nothing is held. */
  readonly end: (of: S, why?: string) => void;
  readonly isCurrent: (of: S) => boolean;
  /** Until what it returns is called, nothing but the person ends the session. */
  readonly hold: () => () => void;
}

export function keeperOf<S>(first: S | undefined, onChange: (session: S | undefined, why?: string) => void): Keeper<S> {
  let current = first;
  let holds = 0;
  let waiting: { readonly of: S; readonly why: string } | undefined;
  const end = (of: S, why?: string) => {
    if (of !== current) return;
    if (why !== undefined && holds > 0) {
      waiting ??= { of, why };
      return;
    }
    waiting = undefined;
    current = undefined;
    onChange(undefined, why);
  };
  const release = () => {
    holds -= 1;
    if (holds === 0 && waiting !== undefined) end(waiting.of, waiting.why);
  };
  return {
    end,
    isCurrent: (of) => of === current,
    start(next) {
      waiting = undefined;
      current = next;
      onChange(next);
    },
    hold() {
      holds += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        release();
      };
    },
  };
}
