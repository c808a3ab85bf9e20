import { expect, test } from "vitest";
import { createPacks } from "../../../backend/worker/packs/registry.ts";
import { subscribeToPools } from "../../../backend/worker/packs/isolation/pool-events.ts";
import { createProcessPool, POOL_LIMITS, poolLimits } from "../../../backend/worker/packs/isolation/process-pool.ts";
import { NotBegun, type WorkProcess } from "../../../backend/worker/packs/isolation/work-process.ts";

interface Named {
  readonly name: string;
}

/** A pool of one process that answers when it is told to. */
function poolOfOne() {
  const began: string[] = [];
  const answers: (() => void)[] = [];
  const start = (): WorkProcess<Named, string> => ({
    ended: false,
    end: async () => undefined,
    work({ name }) {
      began.push(name);
      return new Promise((resolve) => answers.push(() => resolve({ kind: "ok", result: name })));
    },
  });
  const isolated = createProcessPool("test", start, { ...POOL_LIMITS, processes: 1 });
  const waits: string[] = [];
  const ask = (key: string, name: string, signal = new AbortController().signal) => {
    const wait = <T>(something: Promise<T>) => (waits.push(name), something);
    return isolated({ name }, { signal, turn: { key, wait } });
  };
  const answer = async () => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { began, waits, ask, answer };
}

test("tenants take turns for a process, however many requests one of them has", async () => {
  const { began, ask, answer } = poolOfOne();
  for (const name of ["a1", "a2", "a3", "a4"]) void ask("tenant a", name);
  void ask("tenant b", "b1");
  for (let turn = 0; turn < 5; turn++) await answer();
  expect(began).toEqual(["a1", "a2", "b1", "a3", "a4"]);
});

test("a request waits its turn only where no process is free", async () => {
  const { waits, ask, answer } = poolOfOne();
  const first = ask("tenant a", "a1");
  const second = ask("tenant b", "b1");
  await answer();
  await first;
  await answer();
  await second;
  expect(waits).toEqual(["b1"]);
});

test("a request whose run ended while it waited takes no process", async () => {
  const { began, ask, answer } = poolOfOne();
  void ask("tenant a", "a1");
  const stop = new AbortController();
  const gone = ask("tenant b", "b1", stop.signal);
  const last = ask("tenant c", "c1");
  stop.abort(new Error("canceled"));
  await expect(gone).rejects.toThrow("canceled");
  await answer();
  await answer();
  await last;
  expect(began).toEqual(["a1", "c1"]);
});

test("a process that cannot even be started leaves its place to the next request", async () => {
  let starts = 0;
  const start = (): WorkProcess<Named, string> => {
    starts += 1;
    if (starts < 3) throw new Error("spawn ENOMEM");
    return { ended: false, end: async () => undefined, work: async ({ name }) => ({ kind: "ok", result: name }) };
  };
  const isolated = createProcessPool("test", start, { ...POOL_LIMITS, processes: 1 });
  const asker = {
    signal: new AbortController().signal,
    turn: { key: "a", wait: <T>(something: Promise<T>) => something },
  };
  for (let turn = 0; turn < 2; turn++) await expect(isolated({ name: "a" }, asker)).rejects.toBeInstanceOf(NotBegun);
  expect(await isolated({ name: "a" }, asker)).toEqual({ kind: "ok", result: "a" });
});

test("the pools of the packs have as many processes as they are given", async () => {
  const sizes = new Set<number>();
  subscribeToPools((event) => void (event.kind === "used" && event.pool !== "test" && sizes.add(event.size)));
  const pack = createPacks({ limits: poolLimits(1) }).get("compliance");
  const { signal } = new AbortController();
  const patterns = [{ name: "employee", pattern: "E\\d{4}", severity: "high" }];
  const asker = { signal, turn: { key: "tenant", wait: <T>(something: Promise<T>) => something } };
  await pack?.run({ text: "E1234", patterns }, asker as unknown as Parameters<typeof pack.run>[1]);
  expect([...sizes]).toEqual([1]);
});
