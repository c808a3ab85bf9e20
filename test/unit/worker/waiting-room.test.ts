import { describe, expect, test } from "vitest";
import { createWaitingRoom, type Place } from "../../../backend/worker/waiting-room.ts";

const SLOTS = 10;
const PLACES = 100;
const SHARE = 25;
const IN_SLOTS = 5;

/** Takes places for tenants in turn; how many of each kind there were, and all of them. */
function crowd(room: ReturnType<typeof createWaitingRoom>, tenants: readonly string[]) {
  const places = tenants.map((tenant) => room.enter(tenant));
  const count = (kind: Place["kind"]) => places.filter((place) => place.kind === kind).length;
  return { places, counts: { beside: count("beside"), in_slot: count("in_slot"), none: count("none") } };
}
const runsOf = (tenant: string, count: number) => Array.from({ length: count }, () => tenant);
const tenants = (count: number) => Array.from({ length: count }, (_, index) => `tenant ${index}`);

describe("runs that wait for a process", () => {
  test("of one tenant take its share of the places and half of the slots, and the others go back", () => {
    const room = createWaitingRoom(SLOTS);
    const { counts } = crowd(room, runsOf("greedy", 1_000));
    expect(counts).toEqual({ beside: SHARE, in_slot: IN_SLOTS, none: 1_000 - SHARE - IN_SLOTS });
    expect(room.enter("another").kind).toBe("beside");
  });

  test("of a few tenants leave the last quarter of the places to tenants that have none", () => {
    const room = createWaitingRoom(SLOTS);
    const { counts } = crowd(
      room,
      ["a", "b", "c", "d"].flatMap((tenant) => runsOf(tenant, 1_000)),
    );
    // The fourth tenant had nothing there when it came.
    expect(counts.beside).toBe(PLACES - SHARE + 1);
    const others = crowd(room, tenants(1_000)).counts;
    expect(others).toEqual({ beside: SHARE - 1, in_slot: 0, none: 1_000 - SHARE + 1 });
    expect(room.beside).toBe(PLACES);
  });

  test("give their places back, once each, for the next ones", () => {
    const room = createWaitingRoom(SLOTS);
    const { places } = crowd(room, runsOf("greedy", SHARE + IN_SLOTS));
    expect(room.enter("greedy").kind).toBe("none");
    for (const place of places.filter(({ kind }) => kind === "in_slot")) place.leave();
    expect(room.enter("greedy").kind).toBe("in_slot");
    for (const place of places) {
      place.leave();
      place.leave();
    }
    expect(room.beside).toBe(0);
    expect(crowd(room, runsOf("greedy", SHARE)).counts.beside).toBe(SHARE);
  });

  test.each([
    [1, 10, 2, 0],
    [3, 30, 7, 1],
    [1_000, 100, 25, 500],
  ])(
    "of a worker with %i slots have %i places, %i of them for one tenant, and %i slots",
    (slots, places, share, held) => {
      const { counts } = crowd(createWaitingRoom(slots), runsOf("greedy", 2_000));
      expect(counts).toMatchObject({ beside: share, in_slot: held });
      expect(crowd(createWaitingRoom(slots), tenants(2_000)).counts.beside).toBe(places);
    },
  );
});
