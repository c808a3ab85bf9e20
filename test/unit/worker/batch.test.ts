import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { Batch } from "#core/store/batch.ts";

/** A database whose statements are answered when the test says so, in the order in which they were sent. */
function recorded(most = 50, ownerOf?: (item: string) => string) {
  const sent: (readonly string[])[] = [];
  const flights: PromiseWithResolvers<readonly (string | undefined)[]>[] = [];
  const batch = new Batch<string, string>({
    most,
    ...(ownerOf === undefined ? {} : { ownerOf }),
    many: (items) => {
      sent.push(items);
      const flight = Promise.withResolvers<readonly (string | undefined)[]>();
      flights.push(flight);
      return flight.promise;
    },
  });
  const flight = (nth: number) => {
    const found = flights[nth];
    if (found === undefined) throw new Error(`there are ${flights.length} flights`);
    return found;
  };
  return { batch, sent, flight };
}

const refused = Object.assign(new Error("a check is violated"), { code: "23514" });
const settled = (calls: readonly Promise<unknown>[]) =>
  Promise.all(
    calls.map((call) =>
      call.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    ),
  );
/** Everything that waits for nothing else has run. */
const idle = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe("a batch", () => {
  test("of one flies at once, without a timer", async () => {
    const { batch, sent } = recorded();
    void batch.call("a");
    await Promise.resolve();
    expect(sent).toEqual([["a"]]);
  });

  test("has all that was asked in one turn, and then all that came while it flew", async () => {
    const { batch, sent, flight } = recorded();
    const calls = ["a", "b"].map((item) => batch.call(item));
    await idle();
    calls.push(...["c", "d", "e"].map((item) => batch.call(item)));
    await idle();
    expect(sent).toEqual([["a", "b"]]);
    flight(0).resolve(["A", undefined]);
    await idle();
    expect(sent).toEqual([
      ["a", "b"],
      ["c", "d", "e"],
    ]);
    flight(1).resolve(["C", "D", "E"]);
    expect(await Promise.all(calls)).toEqual(["A", undefined, "C", "D", "E"]);
  });

  test("has no more than its most; the rest flies next", async () => {
    const { batch, sent, flight } = recorded(2);
    const calls = ["a", "b", "c", "d", "e"].map((item) => batch.call(item));
    for (const nth of [0, 1, 2]) {
      await idle();
      flight(nth).resolve([`${nth}`, `${nth}`]);
    }
    expect(await Promise.all(calls)).toEqual(["0", "0", "1", "1", "2"]);
    expect(sent.map((items) => items.length)).toEqual([2, 2, 1]);
  });

  test.each([
    ["by its statement", refused],
    ["by a conflict that the server rolled back", new Outage("database", refused, true)],
  ])(
    "of which nothing was done, %s, is repeated one by one: one fails alone, and nobody waits for it",
    async (_, error) => {
      const { batch, sent, flight } = recorded();
      const calls = settled(["a", "bad", "c"].map((item) => batch.call(item)));
      await idle();
      flight(0).reject(error);
      await idle();
      const later = batch.call("later");
      await idle();
      expect(sent.slice(1)).toEqual([["a"], ["bad"], ["c"], ["later"]]);
      flight(1).resolve(["A"]);
      flight(2).reject(refused);
      flight(4).resolve(["LATER"]);
      expect(await later).toBe("LATER");
      flight(3).resolve(["C"]);
      expect(await calls).toEqual([{ value: "A" }, { error: refused }, { value: "C" }]);
    },
  );

  test("is repeated with one item of an owner at a time: a lock of his is waited for once, and by nobody else", async () => {
    const { batch, sent, flight } = recorded(50, (item) => item.charAt(0));
    const calls = settled(["a1", "a2", "a3", "b1", "b2"].map((item) => batch.call(item)));
    await idle();
    flight(0).reject(refused);
    await idle();
    expect(sent.slice(1)).toEqual([["a1"], ["b1"]]);
    flight(2).resolve(["B1"]);
    await idle();
    flight(3).resolve(["B2"]);
    await idle();
    expect(sent.slice(1)).toEqual([["a1"], ["b1"], ["b2"]]);
    flight(1).reject(refused);
    await idle();
    for (const [nth, value] of ["A2", "A3"].entries()) {
      flight(4 + nth).resolve([value]);
      await idle();
    }
    expect(sent.slice(4)).toEqual([["a2"], ["a3"]]);
    expect(await calls).toEqual([
      { error: refused },
      { value: "A2" },
      { value: "A3" },
      { value: "B1" },
      { value: "B2" },
    ]);
  });

  test("is repeated in no more places, however many were rolled back", async () => {
    const { batch, sent, flight } = recorded(3, (item) => item);
    const calls = settled(["a", "b", "c", "d", "e", "f"].map((item) => batch.call(item)));
    await idle();
    flight(0).reject(refused);
    await idle();
    const repeated = () => sent.filter((items) => items.length === 1);
    expect(sent.slice(0, 2)).toContainEqual(["a", "b", "c"]);
    flight(sent.findIndex((items) => items.includes("d"))).reject(refused);
    await idle();
    expect(repeated()).toEqual([["a"], ["b"], ["c"]]);
    for (let nth = 0; nth < 6; nth++) {
      flight(sent.findIndex((items) => items.length === 1 && items[0] === "abcdef".charAt(nth))).resolve(["done"]);
      await idle();
    }
    expect(repeated()).toHaveLength(6);
    expect(await calls).toEqual(Array.from({ length: 6 }, () => ({ value: "done" })));
  });

  test("whose outcome is unknown is unknown to all of them, and repeated for none", async () => {
    const { batch, sent, flight } = recorded();
    const calls = ["a", "b", "c"].map((item) => batch.call(item));
    await idle();
    const outage = new Outage("database", new Error("no answer"));
    flight(0).reject(outage);
    expect(await settled(calls)).toEqual([{ error: outage }, { error: outage }, { error: outage }]);
    await idle();
    expect(sent).toHaveLength(1);
  });

  test("flies in the trace of one of its own callers, not of the flight before", async () => {
    const trace = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const flying = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const batch = new Batch<string, string>({
      most: 50,
      many: async (items) => {
        await flying[seen.push(trace.getStore()) - 1]?.promise;
        return items;
      },
    });
    const first = trace.run("first", () => batch.call("a"));
    await idle();
    const second = trace.run("second", () => batch.call("b"));
    const third = trace.run("third", () => batch.call("c"));
    for (const { resolve } of flying) resolve();
    expect(await Promise.all([first, second, third])).toEqual(["a", "b", "c"]);
    expect(seen).toEqual(["first", "second"]);
  });
});
