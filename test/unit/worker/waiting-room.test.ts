import { describe, expect, test } from "vitest";
import { createWaitingRoom } from "../../../backend/worker/waiting-room.ts";

const SLOTS = 10;
const PLACES = 40;
const SHARE = 10;

/** Takes places for tenants in turn, and counts those beside the slots. */
function crowd(room: ReturnType<typeof createWaitingRoom>, tenants: readonly string[]) {
  const places = tenants.map((tenant) => room.enter(tenant));
  return { places, beside: places.filter(({ kind }) => kind === "beside").length };
}
const runsOf = (tenant: string, count: number) => Array.from({ length: count }, () => tenant);
const tenants = (count: number) => Array.from({ length: count }, (_, index) => `tenant ${index}`);

describe("runs that wait for a process", () => {
  test("of one tenant take its share of the places, and the others wait in their slots", () => {
    const room = createWaitingRoom(SLOTS);
    const { places, beside } = crowd(room, runsOf("greedy", 1_000));
    expect(beside).toBe(SHARE);
    expect(places.at(-1)?.kind).toBe("in_slot");
    expect(room.enter("another").kind).toBe("beside");
  });

  test("of a few tenants leave the last quarter of the places to tenants that have none", () => {
    const room = createWaitingRoom(SLOTS);
    const { beside } = crowd(
      room,
      ["a", "b", "c", "d"].flatMap((tenant) => runsOf(tenant, 1_000)),
    );
    // The fourth tenant had nothing there when it came.
    expect(beside).toBe(PLACES - SHARE + 1);
    expect(crowd(room, tenants(1_000)).beside).toBe(SHARE - 1);
    expect(room.beside).toBe(PLACES);
  });

  test("give their places back, once each, for the next ones", () => {
    const room = createWaitingRoom(SLOTS);
    const { places } = crowd(room, runsOf("greedy", SHARE));
    expect(room.enter("greedy").kind).toBe("in_slot");
    for (const place of places) {
      place.leave();
      place.leave();
    }
    expect(room.beside).toBe(0);
    expect(crowd(room, runsOf("greedy", SHARE)).beside).toBe(SHARE);
  });

  test.each([
    [1, 4, 1],
    [3, 12, 3],
    [1_000, 40, 10],
  ])("of a worker with %i slots have %i places, %i of them for one tenant", (slots, places, share) => {
    expect(crowd(createWaitingRoom(slots), runsOf("greedy", 2_000)).beside).toBe(share);
    expect(crowd(createWaitingRoom(slots), tenants(2_000)).beside).toBe(places);
  });
});
