import { describe, expect, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { TenantTurns, walk } from "../../../backend/reaper/turns.ts";

const timeout = () => Promise.reject(new Outage("database", new Error("timeout")));

/** One round over tenants, of which some time out: whose steps were begun, and whether the round ended early. */
async function round(turns: TenantTurns, tenants: readonly string[], slow: readonly string[]) {
  const begun: string[] = [];
  const current = turns.begin();
  const steps = async () => {
    for (const tenant of tenants) {
      const work = () => {
        begun.push(tenant);
        return slow.includes(tenant) ? timeout() : Promise.resolve();
      };
      await current.step(tenant, work, () => undefined);
    }
    current.end();
  };
  const ended = await steps().then(
    () => "whole",
    (error: unknown) => (error instanceof Outage ? "outage" : String(error)),
  );
  return { begun, ended };
}

describe("a tenant whose step times out", () => {
  it("is left out of the rest of the round, and holds up nobody", async () => {
    const found = await round(new TenantTurns(), ["a", "slow", "slow", "b"], ["slow"]);
    expect(found).toEqual({ begun: ["a", "slow", "b"], ended: "whole" });
  });

  it("is left out of 1, 2, 4, then 8 rounds that follow, until a step succeeds", async () => {
    const turns = new TenantTurns();
    const begun: number[] = [];
    for (let number = 0; number < 40; number++) {
      if ((await round(turns, ["slow", "a"], ["slow"])).begun.includes("slow")) begun.push(number);
    }
    expect(begun).toEqual([0, 2, 5, 10, 19, 28, 37]);
    for (let number = 0; number < 8; number++) await round(turns, ["slow", "a"], []);
    expect((await round(turns, ["slow", "a"], ["slow"])).begun).toContain("slow");
    expect((await round(turns, ["slow", "a"], [])).begun).not.toContain("slow");
    expect((await round(turns, ["slow", "a"], [])).begun).toContain("slow");
  });

  it("is left out of no later round where that is not wished", async () => {
    const turns = new TenantTurns(0);
    await round(turns, ["slow", "a"], ["slow"]);
    expect((await round(turns, ["slow", "a"], ["slow"])).begun).toContain("slow");
  });
});

describe("a store that is out", () => {
  it("ends the round after three tenants in a row", async () => {
    const tenants = ["a", "b", "c", "d", "e"];
    expect(await round(new TenantTurns(), tenants, tenants)).toEqual({ begun: ["a", "b", "c"], ended: "outage" });
  });

  it("is told of where it was out for all of few, and no tenant is left out for it", async () => {
    const turns = new TenantTurns();
    expect(await round(turns, ["a", "b"], ["a", "b"])).toEqual({ begun: ["a", "b"], ended: "outage" });
    expect(await round(turns, ["a", "b"], [])).toEqual({ begun: ["a", "b"], ended: "whole" });
  });
});

it("an error that is no outage is the step's alone", async () => {
  const turns = new TenantTurns();
  const errors: unknown[] = [];
  const current = turns.begin();
  const wrong = () => Promise.reject(new Error("wrong"));
  for (const tenant of ["a", "b", "c", "d"]) await current.step(tenant, wrong, (error) => errors.push(error));
  current.end();
  expect(errors).toHaveLength(4);
});

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("a walk", () => {
  const numbers = (count: number) => (after: number | undefined) =>
    Promise.resolve(
      Array.from({ length: count }, (_, n) => n + 1)
        .filter((n) => n > (after ?? 0))
        .slice(0, 3),
    );

  it("goes through all pages once", async () => {
    const turn = { after: undefined };
    expect(await all(walk<number>(turn, numbers(7), 3))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(turn.after).toBeUndefined();
  });

  it("that was left goes on behind the place where it was, then once from the start", async () => {
    const turn: { after: number | undefined } = { after: undefined };
    for await (const number of walk(turn, numbers(7), 3)) if (number === 5) break;
    expect(turn.after).toBe(5);
    expect(await all(walk(turn, numbers(7), 3))).toEqual([6, 7, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("ends although more comes all the time", async () => {
    let last = 3;
    const growing = (after: number | undefined) => Promise.resolve(after === undefined ? [1, 2, 3] : [(last += 1)]);
    expect(await all(walk<number>({ after: undefined }, growing, 3))).toEqual([1, 2, 3, 4]);
  });
});
