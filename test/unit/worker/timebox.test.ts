import { describe, expect, test } from "vitest";
import { startTimebox } from "../../../backend/worker/timebox.ts";
import type { Place, WaitingRoom } from "../../../backend/worker/waiting-room.ts";
import { virtualTime } from "../virtual-time.ts";

function timeboxOf(limits: { work_ms: number; wait_ms: number; last_wait_ms?: number; room?: WaitingRoom }) {
  const time = virtualTime();
  const timebox = startTimebox(time, "tenant", { last_wait_ms: 900_000, ...limits });
  const ends: string[] = [];
  void timebox.over.then((what) => ends.push(what));
  return { time, timebox, ends };
}

/** Something to wait for until the test says so. */
const something = () => Promise.withResolvers<void>();

describe("a timebox", () => {
  test("is over when the work has lasted as long as it may, and not before", async () => {
    const { time, ends } = timeboxOf({ work_ms: 90_000, wait_ms: 60_000 });
    await time.pass(89_999);
    expect(ends).toEqual([]);
    await time.pass(1);
    expect(ends).toEqual(["timebox"]);
  });

  test("stands still while the work waits its turn, however often", async () => {
    const { time, timebox, ends } = timeboxOf({ work_ms: 10_000, wait_ms: 60_000 });
    for (let turn = 0; turn < 3; turn++) {
      await time.pass(3_000);
      const { promise, resolve } = something();
      const waiting = timebox.wait(promise);
      await time.pass(15_000);
      resolve();
      await waiting;
    }
    expect(timebox.waited_ms()).toBe(45_000);
    await time.pass(999);
    expect(ends).toEqual([]);
    await time.pass(1);
    expect(ends).toEqual(["timebox"]);
  });

  test("is over when all waits together have lasted as long as they may", async () => {
    const { time, timebox, ends } = timeboxOf({ work_ms: 10_000, wait_ms: 60_000 });
    const first = something();
    const waiting = timebox.wait(first.promise);
    await time.pass(40_000);
    first.resolve();
    await waiting;
    void timebox.wait(something().promise);
    await time.pass(19_999);
    expect(ends).toEqual([]);
    await time.pass(1);
    expect(ends).toEqual(["waits"]);
    expect(timebox.waited_ms()).toBe(60_000);
  });

  test("counts the work again after a wait that broke off", async () => {
    const { time, timebox, ends } = timeboxOf({ work_ms: 10_000, wait_ms: 60_000 });
    const broken = new Error("aborted");
    await expect(timebox.wait(Promise.reject(broken))).rejects.toBe(broken);
    await time.pass(10_000);
    expect(ends).toEqual(["timebox"]);
  });

  test("counts two waits at a time as one", async () => {
    const { time, timebox } = timeboxOf({ work_ms: 10_000, wait_ms: 60_000 });
    const [short, long] = [something(), something()];
    const waits = [timebox.wait(short.promise), timebox.wait(long.promise)];
    await time.pass(5_000);
    short.resolve();
    await time.pass(5_000);
    long.resolve();
    await Promise.all(waits);
    await time.pass(5_000);
    expect(timebox.waited_ms()).toBe(10_000);
  });

  test.each(["beside", "in_slot"] as const)("lets a run whose place is %s wait as long", async (kind) => {
    const left: string[] = [];
    const room: WaitingRoom = { beside: 0, enter: () => ({ kind, leave: () => left.push(kind) }) };
    const { time, timebox, ends } = timeboxOf({ work_ms: 1_000, wait_ms: 60_000, room });
    void timebox.wait(something().promise);
    await time.pass(59_999);
    expect(ends).toEqual([]);
    await time.pass(1);
    expect(ends).toEqual(["waits"]);
    timebox.end();
    expect(left).toEqual([kind]);
  });

  test("lets the result of work that is done wait as long as it takes", async () => {
    const { time, timebox, ends } = timeboxOf({ work_ms: 1_000, wait_ms: 60_000 });
    const first = something();
    const waiting = timebox.wait(first.promise);
    await time.pass(59_000);
    first.resolve();
    await waiting;
    timebox.done();
    void timebox.wait(something().promise);
    await time.pass(840_999);
    expect(ends).toEqual([]);
    await time.pass(1);
    expect(ends).toEqual(["waits"]);
  });

  test("takes no place while a process of the run's own loads its code", async () => {
    const enter = (): Place => {
      throw new Error("a place was taken");
    };
    const { timebox } = timeboxOf({ work_ms: 1_000, wait_ms: 60_000, room: { beside: 0, enter } });
    expect(await timebox.wait(Promise.resolve("loaded"), "loading")).toBe("loaded");
    await expect(timebox.wait(Promise.resolve("free"))).rejects.toThrow("a place was taken");
  });

  test("says of a run that ended while it waited how long it had waited by then", async () => {
    const { time, timebox } = timeboxOf({ work_ms: 10_000, wait_ms: 60_000 });
    const { promise, resolve } = something();
    const waiting = timebox.wait(promise);
    await time.pass(5_000);
    timebox.end();
    await time.pass(100_000);
    expect(timebox.waited_ms()).toBe(5_000);
    resolve();
    await waiting;
    await time.pass(100_000);
    expect(timebox.waited_ms()).toBe(5_000);
  });

  test("leaves no timer behind when it ends", async () => {
    const { time, timebox, ends } = timeboxOf({ work_ms: 10_000, wait_ms: 60_000 });
    void timebox.wait(something().promise);
    timebox.end();
    await time.pass(100_000);
    expect(time.sleeping()).toBe(0);
    expect(ends).toEqual([]);
  });
});
