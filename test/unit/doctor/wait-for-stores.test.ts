import { expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { ObjectMetadata } from "#core/domain/object-metadata.ts";
import { probeObjects } from "../../../backend/doctor/probe-objects.ts";
import { UnusableStore } from "../../../backend/doctor/unusable-store.ts";
import { type Essential, waitForStores } from "../../../backend/doctor/wait-for-stores.ts";
import { silentLog } from "../../support/silent-log.ts";

const NEVER = new AbortController().signal;

function wait(checks: readonly Essential[], stop = NEVER, onSleep = () => {}) {
  const sleeper = { sleep: async () => onSleep() };
  const isPermanent = (error: unknown) => error instanceof Outage && error.cause === "wrong password";
  return waitForStores({ checks, isPermanent, sleeper, log: silentLog }, stop);
}

/** Fails with each of these, then succeeds. */
const failing = (...errors: readonly Error[]): Essential & { readonly left: Error[] } => {
  const left = [...errors];
  return {
    name: "store",
    left,
    async run() {
      const error = left.shift();
      if (error !== undefined) throw error;
    },
  };
};
const out = () => new Outage("database", "refused");

test("a process begins once a store that was out answers", async () => {
  const check = failing(out(), out(), out());
  expect(await wait([check])).toBe("usable");
  expect(check.left).toEqual([]);
});

test("a process does not wait for what never changes", async () => {
  const wrong = () => new Outage("database", "wrong password");
  expect(await wait([failing(out(), wrong(), wrong())])).toBe("unusable");
  const careless = () => new UnusableStore("overwrites objects");
  expect(await wait([failing(careless(), careless())])).toBe("unusable");
});

test("a process begins without a store that may be out, unless its password is wrong", async () => {
  expect(await wait([{ ...failing(out()), mayBeOut: true }])).toBe("usable");
  const wrong = () => new Outage("redis", "wrong password");
  expect(await wait([{ ...failing(wrong(), wrong()), mayBeOut: true }])).toBe("unusable");
});

test("a process does not end for one refusal, such as of a clock that the next try puts right", async () => {
  const wrong = () => new Outage("database", "wrong password");
  expect(await wait([failing(wrong())])).toBe("usable");
  expect(await wait([failing(out(), wrong(), out(), wrong())])).toBe("usable");
});

test("a process that is told to stop waits no longer", async () => {
  const stop = new AbortController();
  const always: Essential = { name: "store", run: () => Promise.reject(out()) };
  expect(await wait([always], stop.signal, () => stop.abort())).toBe("stopped");
});

/** A bucket; one that does not honour If-None-Match overwrites, and one that does not keep metadata forgets them. */
function bucket(honours: boolean, keeps: (metadata: ObjectMetadata) => ObjectMetadata = (metadata) => metadata) {
  const objects = new Map<string, ObjectMetadata>();
  let puts = 0;
  return {
    puts: () => puts,
    async create(key: string, _body: Uint8Array, _type: string, metadata: ObjectMetadata) {
      puts += 1;
      if (honours && objects.has(key)) return "exists" as const;
      objects.set(key, keeps(metadata));
      return "created" as const;
    },
    head: async (key: string) => objects.get(key),
  };
}

test("a store that ignores If-None-Match is refused, at the first start and at every later one", async () => {
  const careless = bucket(false);
  await expect(probeObjects(careless, "absent")).rejects.toThrow(UnusableStore);
  await expect(probeObjects(careless, "absent")).rejects.toThrow(UnusableStore);
});

test("a store that honours If-None-Match is asked twice at the first start, and once at every later one", async () => {
  const good = bucket(true);
  await probeObjects(good, "absent");
  expect(good.puts()).toBe(2);
  await probeObjects(good, "absent");
  expect(good.puts()).toBe(3);
});

test.each<[string, (metadata: ObjectMetadata) => ObjectMetadata]>([
  ["loses", () => ({})],
  ["shortens", (metadata) => Object.fromEntries(Object.entries(metadata).slice(1))],
  ["changes", (metadata) => ({ ...metadata, "actual-cost-usd-micros": "1" })],
])("a store that %s what an object was stored with is refused: it says what a run costs", async (_, keeps) => {
  await expect(probeObjects(bucket(true, keeps), "absent")).rejects.toThrow(/Content-Disposition/);
});
