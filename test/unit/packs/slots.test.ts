import { expect, test } from "vitest";
import { createSlots } from "../../../backend/worker/packs/isolation/slots.ts";

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("slots are taken in the order of asking, and no more than there are", async () => {
  const slots = createSlots(2);
  const entered: number[] = [];
  for (const caller of [1, 2, 3, 4]) void slots.take("a", never).then(() => entered.push(caller));
  await settled();
  expect(entered).toEqual([1, 2]);
  slots.release();
  await settled();
  expect(entered).toEqual([1, 2, 3]);
});

test("a caller who gives up waiting takes no slot", async () => {
  const slots = createSlots(1);
  await slots.take("a", never);
  const stop = new AbortController();
  const reason = new Error("timebox");
  const waiting = slots.take("a", stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(slots.take("a", stop.signal)).rejects.toBe(reason);
  slots.release();
  await slots.take("a", never);
  slots.release();
});

test("keys take turns: one with a long line of its own holds up nobody else's next", async () => {
  const slots = createSlots(1);
  await slots.take("holder", never);
  const entered: string[] = [];
  const ask = (key: string, name: string) => void slots.take(key, never).then(() => entered.push(name));
  for (const name of ["a1", "a2", "a3", "a4"]) ask("a", name);
  for (const name of ["b1", "b2"]) ask("b", name);
  ask("c", "c1");
  const released = async () => {
    slots.release();
    await settled();
  };
  await released();
  ask("c", "c2");
  ask("d", "d1");
  for (let turn = 0; turn < 8; turn++) await released();
  expect(entered).toEqual(["a1", "b1", "c1", "a2", "d1", "b2", "c2", "a3", "a4"]);
});

test("a key whose last waiter gave up loses its turn, and the next has it", async () => {
  const slots = createSlots(1);
  expect(slots.tryTake()).toBe(true);
  expect(slots.tryTake()).toBe(false);
  const stop = new AbortController();
  const gaveUp = slots.take("a", stop.signal).catch(() => "gave up");
  const entered = slots.take("b", never).then(() => "b");
  stop.abort();
  slots.release();
  expect(await Promise.all([gaveUp, entered])).toEqual(["gave up", "b"]);
});
