/** What a form orders: at which price, under which cap, and under which key until its outcome is known. */
import { ApiError, type Estimate } from "../client/client.ts";
import { microsOf } from "./formats.ts";

/** The cap that is sent. What was typed is sent as typed: the API, not this form, says whether it is too low. */
export function capOf(typed: string, price: string, minimum: string): string {
  if (typed.trim() !== "") return typed.trim();
  return (microsOf(price) ?? 0n) < (microsOf(minimum) ?? 0n) ? minimum : price;
}

export interface Offer {
  readonly estimate: Estimate;
  /** The cap that the estimate is for, and that Start sends. */
  readonly cap: string;
}

interface Wanted {
  readonly typed: string;
  /** A cap that is likely the one; most edits leave the price as it was, and then one question is enough. */
  readonly likely: string;
  readonly minimum: string;
}

/** The estimate for the very cap that Start sends: refusal and minimum fee depend on it. */
export async function offerOf(
  ask: (cap: string) => Promise<Estimate>,
  { typed, likely, minimum }: Wanted,
): Promise<Offer> {
  const asked = capOf(typed, likely, minimum);
  const estimate = await ask(asked);
  const cap = capOf(typed, estimate.most_price_usd, minimum);
  return cap === asked ? { estimate, cap } : { estimate: await ask(cap), cap };
}

/** What the API said of a form's text. */
export interface Priced {
  readonly text: string;
  readonly offer?: Offer;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly error?: unknown;
}

/** What it said of the text as it is now; undefined: nothing yet. */
export const pricedAt = (priced: Priced | undefined, text: string): Priced | undefined =>
  priced?.text === text ? priced : undefined;

/** Whether Start may send the form, which it may only at the price that is shown for it. */
export function startOf(
  priced: Priced | undefined,
  text: string,
  errors: readonly unknown[],
): { readonly may: true; readonly offer: Offer } | { readonly may: false; readonly why: "invalid" | "unpriced" } {
  const current = pricedAt(priced, text);
  if (errors.length + (current?.errors?.length ?? 0) > 0) return { may: false, why: "invalid" };
  return current?.offer === undefined ? { may: false, why: "unpriced" } : { may: true, offer: current.offer };
}

/** `unknown`: the run may have been accepted. */
export type Outcome = "accepted" | "refused" | "unknown";

const NO_VERDICT: ReadonlySet<number> = new Set([408, 425, 429]);

/** What an attempt that threw says of the run. Only a problem of the API refuses; a proxy's page does not. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ApiError) || error.code === "unknown" || NO_VERDICT.has(error.status)) return "unknown";
  // The client sent it again by itself: the last answer does not say what became of the first attempt.
  if (error.attempts > 1) return "unknown";
  return error.status >= 400 && error.status < 500 ? "refused" : "unknown";
}

/** An order as it was first sent. It is sent again as it was, or it would be another. */
export interface Order {
  readonly key: string;
  readonly cap: string;
  /** An earlier attempt had no definite answer. */
  readonly again?: true;
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of sessionStorage, what is used. */
interface Store {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const STORED = "decisionproof.orders";

const HASH = /^[0-9a-f]{64}$/;
const ORDER_KEY = /^console-[0-9a-f-]{36}$/;
const MAX_CAP_CHARS = 64;
const MAX_STORED_CHARS = 100_000;

/** The orders in what is stored, without invalid ones. */
function ordersIn(stored: string | null): Readonly<Record<string, Order>> {
  if (stored === null || stored.length > MAX_STORED_CHARS) return {};
  try {
    const entries = Object.entries(JSON.parse(stored) as object);
    return Object.fromEntries(
      entries.flatMap(([hash, value]) => {
        const order = orderOf(value);
        return order !== undefined && HASH.test(hash) ? [[hash, order]] : [];
      }),
    );
  } catch {
    return {};
  }
}

function orderOf(value: unknown): Order | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { key, cap, again } = value as { readonly [Member in keyof Order]?: unknown };
  if (typeof key !== "string" || !ORDER_KEY.test(key)) return undefined;
  if (typeof cap !== "string" || cap.length > MAX_CAP_CHARS) return undefined;
  return { key, cap, ...(again === true && { again }) };
}

/** Orders without a definite answer by the hash of their form, so that an edit, a reload or Back does not buy twice. */
export class OpenOrders {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The order of this form that is open, else a new one with this cap. */
  async open(text: string, cap: string): Promise<Order> {
    const hash = await hashOf(text);
    const orders = this.#read();
    const known = orders[hash];
    const order: Order = known ? { ...known, again: true } : { key: `console-${crypto.randomUUID()}`, cap };
    this.#write({ ...orders, [hash]: order });
    return order;
  }

  async close(text: string, order: Order, outcome: Outcome): Promise<void> {
    const hash = await hashOf(text);
    const { [hash]: now, ...others } = this.#read();
    // A refusal does not say that an earlier attempt, which had no answer, was not accepted.
    const isOver = outcome === "accepted" || (outcome === "refused" && now?.again === undefined);
    if (isOver && now?.key === order.key) this.#write(others);
  }

  #read(): Readonly<Record<string, Order>> {
    return ordersIn(this.#store.getItem(STORED));
  }

  #write(orders: Readonly<Record<string, Order>>): void {
    if (Object.keys(orders).length === 0) this.#store.removeItem(STORED);
    else this.#store.setItem(STORED, JSON.stringify(orders));
  }
}
