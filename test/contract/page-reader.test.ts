import { describe, expect, test } from "vitest";
import type { PackOutcome } from "#core/domain/pack.ts";
import type { SentOutcome } from "../../backend/worker/packs/isolation/serve-outcomes.ts";
import type { Attempt } from "../../backend/worker/packs/isolation/work-process.ts";
import {
  createPageReader,
  READER_LIMITS,
  type ReadingProcess,
  startReadingProcess,
} from "../../backend/worker/packs/page/page-reader.ts";
import { opened, turn } from "../unit/packs/decision-fixture.ts";
import { NEWS_PAGE } from "../unit/packs/page-fixture.ts";

const asker = { signal: new AbortController().signal, turn };
const document = (html: string | Buffer, format: "text" | "links" = "text", content_type = "text/html") => ({
  inputs: { url: "https://a.example/", format },
  fetched: {
    kind: "ok" as const,
    final_url: "https://a.example/",
    status: 200,
    content_type,
    charset: "utf-8",
    body: Buffer.from(html),
    redirects: [],
  },
});

/** What tests look at of a page's report. */
interface Page {
  readonly title: string | null;
  readonly article_found?: boolean;
  readonly text?: string;
  readonly links?: unknown[];
}

const pageOf = (outcome: PackOutcome | undefined): Page | undefined =>
  outcome?.kind === "done" ? (opened(outcome.data) as Page) : undefined;

function readerWith(limits: Partial<typeof READER_LIMITS>) {
  const processes: ReadingProcess[] = [];
  const reader = createPageReader({ ...READER_LIMITS, ...limits }, (given) => {
    const child = startReadingProcess(given);
    processes.push(child);
    return child;
  });
  return { reader, processes };
}

describe("a process", () => {
  test("reads one document after another, each on its own, and is replaced after so many", async () => {
    const { reader, processes } = readerWith({ processes: 1, uses_per_process: 3 });
    const pages = ["<title>one</title><a href=/1>1</a>", NEWS_PAGE, "<p>three"];
    const read = await Promise.all(pages.map((html) => reader.read(document(html, "links"), asker)));
    const found = read.map(({ outcome }) => pageOf(outcome));
    expect(found.map((page) => page?.title)).toEqual(["one", expect.stringContaining("Harbour"), null]);
    expect(found.map((page) => page?.links?.length)).toEqual([1, 3, 0]);
    expect(processes).toHaveLength(1);
    await reader.read(document("x"), asker);
    expect(processes.map(({ ended }) => ended)).toEqual([true, false]);
  });

  test("that runs out of memory is thrown away, without a second attempt, and the next one reads", async () => {
    const { reader, processes } = readerWith({ heap_mb: 60, article_ms: 600_000 });
    const { outcome, failures } = await reader.read(document("<p>".repeat(600_000)), asker);
    expect(outcome).toBeUndefined();
    expect(failures).toEqual(["out-of-memory"]);
    expect(pageOf((await reader.read(document(NEWS_PAGE), asker)).outcome)?.article_found).toBe(true);
    expect(processes.map(({ ended }) => ended)).toEqual([true, false]);
  });

  test("that runs out of time while it parses is thrown away, without a second attempt", async () => {
    const { reader, processes } = readerWith({ article_ms: 1_500 });
    const { failures } = await reader.read(document("<div>".repeat(400_000)), asker);
    expect(failures).toEqual(["timeout"]);
    expect(processes.map(({ ended }) => ended)).toEqual([true]);
  });

  test("is thrown away when its caller aborts", async () => {
    const { reader, processes } = readerWith({});
    const stop = new AbortController();
    const reason = new Error("timebox");
    const reading = reader.read(document("<div>".repeat(400_000)), { ...asker, signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    await expect(reading).rejects.toBe(reason);
    expect(processes.map(({ ended }) => ended)).toEqual([true]);
  });

  test("reads a body that is part of a buffer, and leaves the buffer whole", async () => {
    const { reader } = readerWith({});
    const text = "http://a.example/".padEnd(5_000, "x");
    const whole = Buffer.from(`secret ${text} secret`);
    const body = whole.subarray(7, -7);
    const part = document("", "text", "text/plain");
    const { outcome } = await reader.read({ ...part, fetched: { ...part.fetched, body } }, asker);
    expect(pageOf(outcome)?.text).toBe(text);
    expect(whole.toString()).toContain("secret");
  });
});

describe("a text that is no page", () => {
  const read = async (chars: number, type: string) => {
    const { reader, processes } = readerWith({});
    const { outcome } = await reader.read(document("x".repeat(chars), "text", type), asker);
    return [pageOf(outcome)?.text?.length, processes.length];
  };

  test("is read without a process where it is small, and nothing else is", async () => {
    expect(await read(4_096, "text/plain")).toEqual([4_096, 0]);
    expect(await read(4_097, "text/plain")).toEqual([4_097, 1]);
    expect(await read(1, "text/html")).toEqual([1, 1]);
  });
});

describe("attempts", () => {
  const result: SentOutcome = { kind: "pack_failed", reason_code: "READ", detail: "for the test" };
  const ok: Attempt<SentOutcome> = { kind: "ok", result };
  const failed = (searching: boolean): Attempt<SentOutcome> => ({
    kind: "failed",
    reason: "timeout",
    stage: searching ? "searching" : undefined,
  });

  function scripted(...attempts: Attempt<SentOutcome>[]) {
    const asked: { article: boolean; ms: number | undefined }[] = [];
    let busy = 0;
    let most = 0;
    const start = (): ReadingProcess => ({
      ended: false,
      end: async () => undefined,
      async work({ article }, ms) {
        asked.push({ article, ms });
        most = Math.max(most, ++busy);
        await new Promise((resolve) => setImmediate(resolve));
        busy -= 1;
        return attempts.shift() ?? ok;
      },
    });
    const limits = { ...READER_LIMITS, article_ms: 7, whole_page_ms: 5, processes: 2 };
    return { asked, most: () => most, reader: createPageReader(limits, start) };
  }

  test("are two when it was the search for an article that failed", async () => {
    const { asked, reader } = scripted(failed(true), ok);
    expect(await reader.read(document(""), asker)).toMatchObject({ outcome: result, failures: ["timeout"] });
    expect(asked).toEqual([
      { article: true, ms: 7 },
      { article: false, ms: 5 },
    ]);
  });

  test("are one when the page could not even be parsed", async () => {
    const { asked, reader } = scripted(failed(false), ok);
    expect(await reader.read(document(""), asker)).toEqual({ outcome: undefined, failures: ["timeout"] });
    expect(asked).toHaveLength(1);
  });

  test("are never more at once than there may be processes", async () => {
    const { asked, most, reader } = scripted();
    await Promise.all(Array.from({ length: 10 }, () => reader.read(document(""), asker)));
    expect(asked).toHaveLength(10);
    expect(most()).toBe(2);
  });
});
