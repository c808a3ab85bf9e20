import { describe, expect, test } from "vitest";
import type { Run } from "../../../edge/client/client.ts";
import { clientCodeOf, curlOf } from "../../../edge/console/code-samples.ts";
import {
  appended,
  filtersOf,
  isNarrowed,
  isOpen,
  mergeRuns,
  openBelow,
  pauseOf,
  queryOf,
} from "../../../edge/console/run-filters.ts";
import { stepsOf } from "../../../edge/console/timeline.ts";

const run = (run_id: string, status: Run["status"] = "COMPLETED") =>
  ({ run_id, status, money_state: "SETTLED", attempt: 1, cost: { actual_usd: null } }) as unknown as Run;

describe("filters", () => {
  test("of an address leave out what is not known", () => {
    const filters = filtersOf(new URLSearchParams("status=LOST&pack=url&from=yesterday&to=2026-11-30&other=1"));
    expect(filters).toEqual({ status: undefined, pack: "url", from: undefined, to: "2026-11-30", metadata: undefined });
    expect(isNarrowed(filters)).toBe(true);
    const key = "01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64";
    expect(queryOf(filtersOf(new URLSearchParams({ key })))).toEqual({ query: { key_id: key } });
    expect(queryOf(filtersOf(new URLSearchParams("key=mine")))).toEqual({ query: {} });
    expect(isNarrowed(filtersOf(new URLSearchParams("other=1")))).toBe(false);
  });

  test("ask the API for whole days of the reader, the last one included", () => {
    expect(queryOf({ status: "FAILED", from: "2026-11-29", to: "2026-11-30", metadata: "order=A=1" })).toEqual({
      query: {
        status: ["FAILED"],
        created_after: new Date(2026, 10, 29).toISOString(),
        created_before: new Date(2026, 11, 1).toISOString(),
        metadata: { order: "A=1" },
      },
    });
    expect(queryOf({ metadata: "order" })).toHaveProperty("error");
  });
});

describe("a list that is shown", () => {
  const reading = (runs: readonly Run[], next_cursor: string | null = "more") => ({ runs, next_cursor });
  const ids = (runs: readonly Run[]) => runs.map(({ run_id }) => run_id);

  test("takes the changes of its rows, and keeps the others as they are", () => {
    const shown = [run("b", "QUEUED"), run("a")];
    const merged = mergeRuns(shown, reading([run("b", "COMPLETED"), run("a")]));
    expect(merged.shown.map(({ status }) => status)).toEqual(["COMPLETED", "COMPLETED"]);
    expect(merged.shown[1]).toBe(shown[1]);
    expect(merged.added).toEqual([]);
  });

  test("is told of runs that are newer than its first, and of no older ones", () => {
    const { shown, added } = mergeRuns([run("b")], reading([run("d"), run("c"), run("b"), run("a")]));
    expect(ids(added)).toEqual(["d", "c"]);
    expect(ids(shown)).toEqual(["b"]);
  });

  test("loses the rows that left its status, within what was read", () => {
    const shown = ["e", "d", "c", "b", "a"].map((id) => run(id, "QUEUED"));
    const page = [run("d", "QUEUED"), run("c", "QUEUED")];
    expect(ids(mergeRuns(shown, reading(page), "QUEUED").shown)).toEqual(["d", "c", "b", "a"]);
    expect(ids(mergeRuns(shown, reading(page, null), "QUEUED").shown)).toEqual(["d", "c"]);
    expect(ids(mergeRuns(shown, reading([]), "QUEUED").shown)).toEqual(ids(shown));
    expect(ids(mergeRuns(shown, reading(page)).shown)).toEqual(ids(shown));
  });

  test("gains in its place the run that came to its status", () => {
    const shown = [run("d", "PROCESSING"), run("b", "PROCESSING")];
    const page = ["d", "c", "b"].map((id) => run(id, "PROCESSING"));
    expect(ids(mergeRuns(shown, reading(page), "PROCESSING").shown)).toEqual(["d", "c", "b"]);
  });

  test("has its open rows below the first page read again, but for those under review", () => {
    const held = { ...run("c", "PROCESSING"), money_state: "AUDIT_REQUIRED" } as Run;
    const shown = [run("f", "QUEUED"), run("e", "QUEUED"), run("d", "QUEUED"), held, run("b"), run("a", "PROCESSING")];
    const page = reading([run("f", "QUEUED"), run("e", "QUEUED")]);
    expect(ids(openBelow(shown, page, 5))).toEqual(["d", "a"]);
    expect(ids(openBelow(shown, page, 1))).toEqual(["d"]);
    const below = [run("d", "COMPLETED"), run("a", "FAILED")];
    const statuses = mergeRuns(shown, { ...page, below }).shown.map(({ status }) => status);
    expect(statuses.slice(2)).toEqual(["COMPLETED", "PROCESSING", "COMPLETED", "FAILED"]);
    expect(ids(mergeRuns([run("d", "QUEUED")], { ...page, below }, "QUEUED").shown)).not.toContain("d");
  });

  test("shows a run of the next page once", () => {
    expect(ids(appended([run("c"), run("b")], [run("b"), run("a")]))).toEqual(["c", "b", "a"]);
  });
});

describe("a run that is shown", () => {
  test("is read often while it is open, seldom while a person decides, and not once it is over", () => {
    const held = { ...run("a", "PROCESSING"), money_state: "AUDIT_REQUIRED" } as Run;
    expect(pauseOf(run("a", "QUEUED"))).toBeLessThan(5_000);
    expect(pauseOf(held)).toBeGreaterThanOrEqual(15_000);
    expect(isOpen(held)).toBe(false);
    expect(pauseOf(run("a"))).toBeUndefined();
  });
});

describe("a timeline", () => {
  const times = {
    created_at: "2026-11-21T09:30:00.000Z",
    started_at: "2026-11-21T09:30:00.120Z",
    finished_at: "2026-11-21T09:30:01.620Z",
  };
  const names = (given: Partial<Run>) => stepsOf({ ...run("a"), ...times, ...given }).map(({ name }) => name);

  test("says what happened, and what is next", () => {
    expect(names({})).toEqual(["Accepted", "Started", "Completed"]);
    expect(names({ status: "CANCELED", started_at: null })).toEqual(["Accepted", "Canceled"]);
    expect(names({ status: "QUEUED", started_at: null, finished_at: null, attempt: 0 })).toEqual([
      "Accepted",
      "Waiting to start",
    ]);
    expect(names({ status: "PROCESSING", finished_at: null })).toEqual(["Accepted", "Started", "At work"]);
    expect(names({ status: "QUEUED", finished_at: null, attempt: 2 })).toEqual([
      "Accepted",
      "Started",
      "Waiting to start again",
    ]);
    expect(names({ money_state: "AUDIT_REQUIRED" })).toEqual(["Accepted", "Started", "Under review"]);
  });

  test("says how long each step took", () => {
    const steps = stepsOf({ ...run("a"), ...times, attempt: 2 });
    expect(steps.map(({ note }) => note)).toEqual([
      "Its cap is held from the balance.",
      "Attempt 2. Waited 120 ms.",
      "Worked for 1.5 s.",
    ]);
  });
});

describe("a run as code", () => {
  const request = { pack_type: "compliance", inputs: { text: 'It\'s "here"; $HOME `x`' }, max_cost_usd: "0.0500" };

  test("is one shell word for curl, whatever the inputs hold, and has no key in it", () => {
    const curl = curlOf("https://api.example", request, "console-1");
    expect(curl).toContain(
      String.raw`-d '{"pack_type":"compliance","inputs":{"text":"It'\''s \"here\"; $HOME ` + "`x`",
    );
    expect(curl).toContain("Bearer $DECISIONPROOF_API_KEY");
    expect(curl).not.toContain("dpp_");
  });

  test("is the client's own call", () => {
    const code = clientCodeOf("https://api.example", request);
    expect(code).toContain('dpp.run("compliance", {');
    expect(code).toContain('"max_cost_usd": "0.0500"');
  });
});
