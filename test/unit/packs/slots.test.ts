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
