import { describe, expect, test } from "vitest";
import { keeperOf, savedForm, savedKey } from "../../../edge/console/keeper.ts";

const KEY = `dpp_test_${"a".repeat(32)}_0123abcd`;
const MINUTE = 60_000;
const NOW = Date.parse("2026-11-30T20:00:00Z");

describe("a saved session", () => {
  test("goes on for half an hour of the wall clock after its last use", () => {
    const saved = savedForm(KEY, NOW);
    expect(savedKey(saved, NOW + 30 * MINUTE)).toBe(KEY);
    expect(savedKey(saved, NOW + 30 * MINUTE + 1)).toBeUndefined();
    expect(savedKey(saved, NOW - 31 * MINUTE)).toBeUndefined();
  });

  test.each([
    ["nothing", null],
    ["no JSON", "{"],
    ["a key alone, which has no age", KEY],
    ["JSON of another kind", "null"],
    ["no time", JSON.stringify({ key: KEY })],
    ["no key", JSON.stringify({ key: "dpp_test_x", used_at: NOW })],
  ])("is refused if it is %s", (_, saved) => {
    expect(savedKey(saved, NOW)).toBeUndefined();
  });
});

describe("who is signed in", () => {
  const kept = (first?: string) => {
    const changes: (readonly [session: string | undefined, why?: string | undefined])[] = [];
    const keeper = keeperOf<string>(first, (...change) => changes.push(change));
    return { keeper, changes };
  };

  test("is signed out once, with the reason", () => {
    const { keeper, changes } = kept("old");
    keeper.end("old", "refused");
    keeper.end("old", "refused");
    expect(changes).toEqual([[undefined, "refused"]]);
  });

  test("is not signed out by a late answer to a former session", () => {
    const { keeper, changes } = kept("old");
    keeper.start("new");
    keeper.end("old", "refused");
    expect(changes).toEqual([["new"]]);
    expect([keeper.isCurrent("old"), keeper.isCurrent("new")]).toEqual([false, true]);
  });

  test("stays while a secret is shown, and is signed out after the last is closed", () => {
    const { keeper, changes } = kept("old");
    const [closeFirst, closeSecond] = [keeper.hold(), keeper.hold()];
    keeper.end("old", "refused");
    keeper.end("old", "idle");
    closeFirst();
    closeFirst();
    expect(changes).toEqual([]);
    closeSecond();
    expect(changes).toEqual([[undefined, "refused"]]);
  });

  test("goes on with the successor of its key, though the old one was refused meanwhile", () => {
    const { keeper, changes } = kept("old");
    const close = keeper.hold();
    keeper.end("old", "refused");
    keeper.start("successor");
    close();
    expect(changes).toEqual([["successor"]]);
  });

  test("may sign out at any time", () => {
    const { keeper, changes } = kept("old");
    keeper.hold();
    keeper.end("old");
    expect(changes).toEqual([[undefined, undefined]]);
  });
});
