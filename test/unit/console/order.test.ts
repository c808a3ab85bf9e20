import { describe, expect, test } from "vitest";
import { apiError } from "../../../edge/client/errors.ts";
import { ConnectionError, type Estimate } from "../../../edge/client/client.ts";
import { capOf, offerOf, OpenOrders, outcomeOf, type Priced, startOf } from "../../../edge/console/order.ts";

const problem = (
  status: number,
  code: "budget-exceeded" | "unavailable" | "unknown" = "budget-exceeded",
  attempts = 1,
) =>
  apiError({
    status,
    problem: { type: "about:blank", code, title: "", status, detail: "", instance: "", trace_id: "" },
    headers: new Headers(),
    retryAfterMs: undefined,
    attempts,
    idempotencyKey: undefined,
  });
const lost = new ConnectionError("no answer", { attempts: 2, idempotencyKey: undefined });

describe("the cap that is sent", () => {
  test("is the price, and at least what the API takes, where none was typed", () => {
    expect(capOf("", "0.1020", "0.0100")).toBe("0.1020");
    expect(capOf(" ", "0.0030", "0.0100")).toBe("0.0100");
  });

  test("is never other than what was typed", () => {
    expect(capOf(" 0.0010 ", "0.1020", "0.0100")).toBe("0.0010");
    expect(capOf("0,05", "0.1020", "0.0100")).toBe("0,05");
  });
});

describe("the price", () => {
  const asking = (most_price_usd: string) => {
    const caps: string[] = [];
    const ask = async (cap: string) => {
      caps.push(cap);
      return { most_price_usd, minimum_fee_usd: cap } as Estimate;
    };
    return { caps, ask };
  };

  test("is asked for under the cap that Start sends, not under another", async () => {
    const { caps, ask } = asking("0.1020");
    const { cap, estimate } = await offerOf(ask, { typed: "", likely: "", minimum: "0.0100" });
    expect(caps).toEqual(["0.0100", "0.1020"]);
    expect([cap, estimate.minimum_fee_usd]).toEqual(["0.1020", "0.1020"]);
  });

  test("is asked for once where the cap is the likely one, or was typed", async () => {
    const known = asking("0.1020");
    await offerOf(known.ask, { typed: "", likely: "0.1020", minimum: "0.0100" });
    expect(known.caps).toEqual(["0.1020"]);
    const typed = asking("0.1020");
    await offerOf(typed.ask, { typed: "0.0200", likely: "0.1020", minimum: "0.0100" });
    expect(typed.caps).toEqual(["0.0200"]);
  });
});

describe("Start", () => {
  const offer = { estimate: {} as Estimate, cap: "0.1020" };

  test("sends a form only at the price of its present text", () => {
    expect(startOf({ text: "a", offer }, "a", [])).toEqual({ may: true, offer });
    expect(startOf({ text: "a", offer }, "b", [])).toEqual({ may: false, why: "unpriced" });
    expect(startOf(undefined, "b", [])).toEqual({ may: false, why: "unpriced" });
    expect(startOf({ text: "b", error: lost }, "b", [])).toEqual({ may: false, why: "unpriced" });
  });

  test("is held up by the errors of the present text, and by no former ones", () => {
    const priced: Priced = { text: "a", errors: [{ pointer: "/inputs/size", detail: "is too small" }] };
    expect(startOf(priced, "a", [])).toEqual({ may: false, why: "invalid" });
    expect(startOf(priced, "b", [])).toEqual({ may: false, why: "unpriced" });
    expect(startOf({ text: "a", offer }, "a", ["must be a number"])).toEqual({ may: false, why: "invalid" });
  });
});

describe("an attempt", () => {
  test("is refused by a problem that says so, and by nothing else", () => {
    expect([400, 401, 409, 422].map((status) => outcomeOf(problem(status)))).toEqual([
      "refused",
      "refused",
      "refused",
      "refused",
    ]);
    for (const status of [408, 425, 429, 500]) expect(outcomeOf(problem(status))).toBe("unknown");
    expect(outcomeOf(problem(503, "unavailable"))).toBe("unknown");
    expect(outcomeOf(problem(403, "unknown"))).toBe("unknown");
    expect(outcomeOf(lost)).toBe("unknown");
    expect(outcomeOf(problem(401, "budget-exceeded", 2))).toBe("unknown");
  });
});

describe("an order", () => {
  const storage = () => {
    const items = new Map<string, string>();
    return {
      items,
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => void items.set(name, value),
      removeItem: (name: string) => void items.delete(name),
    };
  };

  test("without an answer keeps its key and its cap, through edits, a reload and a new price", async () => {
    const store = storage();
    const orders = new OpenOrders(store);
    const first = await orders.open("a", "0.1020");
    await orders.close("a", first, "unknown");
    const other = await orders.open("b", "0.2040");
    expect(other.key).not.toBe(first.key);
    const again = await new OpenOrders(store).open("a", "0.3060");
    expect([again.key, again.cap]).toEqual([first.key, "0.1020"]);
  });

  test("is one of two clicks at once", async () => {
    const orders = new OpenOrders(storage());
    const [one, two] = await Promise.all([orders.open("a", "1"), orders.open("a", "1")]);
    expect(one.key).toBe(two.key);
  });

  test.each(["accepted", "refused"] as const)("that is %s is forgotten: the next one is new", async (outcome) => {
    const store = storage();
    const orders = new OpenOrders(store);
    const first = await orders.open("a", "1");
    await orders.close("a", first, outcome);
    expect(store.items.size).toBe(0);
    expect((await orders.open("a", "1")).key).not.toBe(first.key);
  });

  test("that had no answer is not forgotten by a later refusal, only by its run", async () => {
    const orders = new OpenOrders(storage());
    await orders.close("a", await orders.open("a", "1"), "unknown");
    const order = await orders.open("a", "1");
    await orders.close("a", order, "refused");
    expect((await orders.open("a", "1")).key).toBe(order.key);
    await orders.close("a", order, "accepted");
    expect((await orders.open("a", "1")).key).not.toBe(order.key);
  });

  test("is a new one where what is stored cannot be read", async () => {
    const store = storage();
    store.setItem("decisionproof.orders", "{");
    expect((await new OpenOrders(store).open("a", "1")).cap).toBe("1");
  });

  test("is a new one where what is stored for it is no order", async () => {
    const store = storage();
    const orders = new OpenOrders(store);
    const { key } = await orders.open("a", "1");
    const [hash = ""] = Object.keys(JSON.parse(store.getItem("decisionproof.orders") ?? "{}") as object);
    for (const stored of [7, null, { key }, { key, cap: 1 }, { key: "mine", cap: "1" }, { key, cap: "9".repeat(65) }]) {
      store.setItem("decisionproof.orders", JSON.stringify({ [hash]: stored }));
      const order = await orders.open("a", "2");
      expect([order.key === key, order.cap, order.again]).toEqual([false, "2", undefined]);
    }
    store.setItem("decisionproof.orders", JSON.stringify([{ [hash]: { key, cap: "1" } }]));
    expect((await orders.open("a", "2")).key).not.toBe(key);
    store.setItem("decisionproof.orders", JSON.stringify({ [hash]: { key, cap: "1" }, other: "x".repeat(100_000) }));
    expect((await orders.open("a", "2")).key).not.toBe(key);
  });

  test("keeps no word of the form in the store", async () => {
    const store = storage();
    await new OpenOrders(store).open("a secret question", "1");
    expect([...store.items.values()].join("")).not.toContain("secret");
  });
});
