import { describe, expect, test } from "vitest";
import type { Attempt } from "../../backend/worker/packs/isolation/work-process.ts";
import {
  createPageReader,
  READER_LIMITS,
  type ReadingProcess,
  startReadingProcess,
} from "../../backend/worker/packs/page/page-reader.ts";
import type { Reading } from "../../backend/worker/packs/page/read-document.ts";
import { NEWS_PAGE } from "../unit/packs/page-fixture.ts";

const never = new AbortController().signal;
const document = (html: string, format: "text" | "links" = "text") => ({
  body: Buffer.from(html),
  content_type: "text/html",
  charset: "utf-8",
  url: "https://a.example/",
  format,
});

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
  test("reads one document after another, each on its own", async () => {
    const { reader, processes } = readerWith({ processes: 1 });
    const pages = ["<title>one</title><a href=/1>1</a>", NEWS_PAGE, "<p>three"];
    const read = await Promise.all(pages.map((html) => reader.read(document(html, "links"), never)));
    expect(read.map(({ reading }) => reading?.page.title)).toEqual(["one", expect.stringContaining("Harbour"), null]);
    expect(read.map(({ reading }) => reading?.page.content.length)).toEqual([1, 3, 0]);
    expect(processes).toHaveLength(1);
  });

  test("is replaced after so many documents", async () => {
    const { reader, processes } = readerWith({ processes: 1, uses_per_process: 2 });
    for (let turn = 0; turn < 3; turn++) await reader.read({ ...document("x"), content_type: "text/plain" }, never);
    expect(processes.map(({ ended }) => ended)).toEqual([true, false]);
  });

  test("that runs out of memory is thrown away, without a second attempt, and the next one reads", async () => {
    const { reader, processes } = readerWith({ heap_mb: 100 });
    const { reading, faults } = await reader.read(document("<p>".repeat(600_000)), never);
    expect(reading).toBeUndefined();
    expect(faults).toEqual(["out-of-memory"]);
    expect((await reader.read(document(NEWS_PAGE), never)).reading?.page.article_found).toBe(true);
    expect(processes.map(({ ended }) => ended)).toEqual([true, false]);
  });

  test("that runs out of time while it parses is thrown away, without a second attempt", async () => {
    const { reader, processes } = readerWith({ article_ms: 1_500 });
    const { faults } = await reader.read(document("<div>".repeat(400_000)), never);
    expect(faults).toEqual(["timeout"]);
    expect(processes.map(({ ended }) => ended)).toEqual([true]);
  });

  test("is thrown away when its caller aborts", async () => {
    const { reader, processes } = readerWith({});
    const stop = new AbortController();
    const reason = new Error("timebox");
    const reading = reader.read(document("<div>".repeat(400_000)), stop.signal);
    setImmediate(() => stop.abort(reason));
    await expect(reading).rejects.toBe(reason);
    expect(processes.map(({ ended }) => ended)).toEqual([true]);
  });

  test("reads a body that is part of a buffer, and leaves the buffer whole", async () => {
    const { reader } = readerWith({});
    const whole = Buffer.from("secret http://a.example/ secret");
    const body = whole.subarray(7, 24);
    const { reading } = await reader.read({ ...document(""), content_type: "text/plain", body }, never);
    expect(reading?.page.content).toBe("http://a.example/");
    expect(whole.toString()).toContain("secret");
  });
});

describe("attempts", () => {
  const page = { title: null, byline: null, language: null, content: "", article_found: false, truncated: false };
  const ok: Attempt<Reading> = { kind: "ok", answer: { page, sha256: "" } };
  const fault = (searching: boolean): Attempt<Reading> => ({
    kind: "fault",
    fault: "timeout",
    stage: searching ? "searching" : undefined,
  });

  function scripted(...answers: Attempt<Reading>[]) {
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
        return answers.shift() ?? ok;
      },
    });
    const limits = { ...READER_LIMITS, article_ms: 7, whole_page_ms: 5, processes: 2 };
    return { asked, most: () => most, reader: createPageReader(limits, start) };
  }

  test("are two when it was the search for an article that failed", async () => {
    const { asked, reader } = scripted(fault(true), ok);
    expect(await reader.read(document(""), never)).toMatchObject({ reading: { page }, faults: ["timeout"] });
    expect(asked).toEqual([
      { article: true, ms: 7 },
      { article: false, ms: 5 },
    ]);
  });

  test("are one when the page could not even be parsed", async () => {
    const { asked, reader } = scripted(fault(false), ok);
    expect(await reader.read(document(""), never)).toEqual({ reading: undefined, faults: ["timeout"] });
    expect(asked).toHaveLength(1);
  });

  test("are never more at once than there may be processes", async () => {
    const { asked, most, reader } = scripted();
    await Promise.all(Array.from({ length: 10 }, () => reader.read(document(""), never)));
    expect(asked).toHaveLength(10);
    expect(most()).toBe(2);
  });
});
