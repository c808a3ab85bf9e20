import { ApiError, ConnectionError } from "../client/client.ts";
import { Explained } from "./explained.ts";

const FIRST_RETRY_MS = 4_000;
const LONGEST_RETRY_MS = 60_000;

/** Whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionError ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 500)) ||
  (error instanceof Explained && error.isPassing);

/** Whether the request may have been carried out although its answer is lost. */
export const isUnknown = (error: unknown): boolean =>
  error instanceof ConnectionError || (error instanceof ApiError && error.status >= 500 && error.code !== "read-only");

/** Waits as long as the API asks for, else longer each time. */
export const retryDelay = (error: unknown, failures: number): number => {
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  return asked ?? Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
};

interface Poller {
  /** Reads now, instead of after the pause; a hidden page does so when it is shown. */
  readonly read: () => void;
  readonly shown: () => void;
  readonly stop: () => void;
}

/** Calls `load`, and again after the pause that it answers: one call at a time, and none while the page is hidden. */
export function pollerOf(load: () => Promise<number | undefined>, isHidden: () => boolean): Poller {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: "idle" | "reading" | "due" | "stopped" = "idle";
  const read = () => {
    if (state === "reading" || state === "stopped") return;
    clearTimeout(timer);
    state = isHidden() ? "due" : "reading";
    if (state === "reading") void load().then(next);
  };
  const next = (pause: number | undefined) => {
    if (state === "stopped") return;
    state = "idle";
    if (pause !== undefined) timer = setTimeout(read, pause);
  };
  return {
    read,
    shown: () => {
      if (state === "due") read();
    },
    stop: () => {
      state = "stopped";
      clearTimeout(timer);
    },
  };
}

export interface Cache<V> {
  readonly get: (key: string) => V | undefined;
  readonly set: (key: string, value: V) => void;
}

/** Keeps what was used last. */
export function boundedCache<V>(limit: number): Cache<V> {
  const entries = new Map<string, V>();
  const set = (key: string, value: V) => {
    entries.delete(key);
    entries.set(key, value);
    for (const oldest of entries.keys()) {
      if (entries.size <= limit) return;
      entries.delete(oldest);
    }
  };
  const get = (key: string) => {
    const value = entries.get(key);
    if (value !== undefined) set(key, value);
    return value;
  };
  return { get, set };
}
