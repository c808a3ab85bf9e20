import { describe, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { foundRun } from "#core/store/runs/find-run.ts";
import { chunksOf, RETRY, streamOf } from "../../../edge/runs/event-stream.ts";
import type { RunCheck } from "../../../edge/runs/watch-run.ts";
import { QUEUED_ROW } from "../../support/run-row.ts";

const RUN = foundRun.parse({ ...QUEUED_ROW, version: "4", metadata: { text: "two\nlines\r\n\nand more" } });
/** A run that shows its version, and one whose version rose by what its owner does not see. */
const found = (version: number): RunCheck => ({ kind: "found", run: { ...RUN, version, attempt: version } });
const alike = (version: number): RunCheck => ({ kind: "found", run: { ...RUN, version } });
const OUTAGE: RunCheck = { kind: "outage", error: new Outage("database", new Error("down")) };

/** Every chunk of a stream whose checks come a second apart, each by what it is. */
async function chunksFrom(checks: readonly RunCheck[], seen = 0): Promise<string[]> {
  let now_ms = 0;
  const errors: string[] = [];
  async function* coming(): AsyncGenerator<RunCheck, void, undefined> {
    for (const check of checks) {
      now_ms += 1_000;
      yield check;
    }
  }
  const log = { info: () => {}, warn: () => {}, error: (line: string) => void errors.push(line), child: () => log };
  const watched = { run: RUN, seen, checks: coming(), trace_id: "trace" };
  const chunks: string[] = [];
  for await (const chunk of chunksOf({ clock: { now: () => now_ms }, log }, watched)) chunks.push(chunk);
  expect(errors).toEqual([]);
  return chunks.map((chunk) => chunk.replaceAll(/^data: .*\n/gm, ""));
}

const event = (version: number) => `event: status\nid: ${version}\n\n`;
const HEARTBEAT = ": still here\n\n";

describe("the events of a run", () => {
  test("are of changes that their owner sees", async () => {
    expect(await chunksFrom([alike(5), alike(6), found(7), found(7), alike(8)])).toEqual([
      RETRY + event(4),
      event(7),
      event(8),
    ]);
    expect(await chunksFrom([alike(8)], 7)).toEqual([RETRY, event(8)]);
  });

  test("begin with when to come back, then what was not seen, and go on with every rise of the version", async () => {
    expect(await chunksFrom([found(4), found(5), found(5), found(7)])).toEqual([RETRY + event(4), event(5), event(7)]);
    expect(await chunksFrom([found(4), found(5)], 4)).toEqual([RETRY, event(5)]);
    expect(await chunksFrom([found(5)], 3)).toEqual([RETRY + event(4), event(5)]);
  });

  test("are never older than what was seen", async () => {
    expect(await chunksFrom([found(4), found(5), found(6), found(7)], 6)).toEqual([RETRY, event(7)]);
  });

  test("are apart by 15 seconds at most, with a comment where there is nothing to tell", async () => {
    const quiet = (count: number): RunCheck[] =>
      Array.from({ length: count }, (_, i) => (i % 2 === 0 ? found(4) : OUTAGE));
    expect(await chunksFrom(quiet(14))).toEqual([RETRY + event(4)]);
    expect(await chunksFrom(quiet(31))).toEqual([RETRY + event(4), HEARTBEAT, HEARTBEAT]);
    expect(await chunksFrom([...quiet(10), found(5), ...quiet(14)])).toEqual([RETRY + event(4), event(5)]);
    expect(await chunksFrom([...quiet(10), found(5), ...quiet(15)])).toEqual([RETRY + event(4), event(5), HEARTBEAT]);
  });

  test("end without a word when the key may no longer check", async () => {
    expect(await chunksFrom([found(5), { kind: "unauthorized" }])).toEqual([RETRY + event(4), event(5)]);
  });

  test("are one line of JSON each, whatever the run's owner wrote into it", async () => {
    const log = { info: () => {}, warn: () => {}, error: () => {}, child: () => log };
    async function* none(): AsyncGenerator<RunCheck, void, undefined> {}
    const watched = { run: RUN, seen: 0, checks: none(), trace_id: "trace" };
    const { value } = await chunksOf({ clock: { now: () => 0 }, log }, watched).next();
    const data = /^event: status\nid: 4\ndata: (.*)\n\n$/.exec((value ?? "").replace(RETRY, ""))?.[1];
    expect(JSON.parse(data ?? "")).toMatchObject({ run_id: RUN.run_id, metadata: RUN.metadata });
  });
});

describe("the stream", () => {
  test("asks for nothing before it is read, and tells when its reader goes away", async () => {
    let asked = 0;
    async function* chunks(): AsyncGenerator<string, void, undefined> {
      for (;;) yield String((asked += 1));
    }
    const gone = new AbortController();
    const reader = streamOf(chunks(), gone).getReader();
    expect(asked).toBe(0);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("1");
    await reader.cancel();
    expect([asked, gone.signal.aborted]).toEqual([1, true]);
  });
});
