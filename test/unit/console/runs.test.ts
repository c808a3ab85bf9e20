import { describe, expect, test } from "vitest";
import type { Run } from "../../../edge/client/client.ts";
import { clientCodeOf, curlOf } from "../../../edge/console/code-samples.ts";
import { filtersOf, isNarrowed, mergeRuns, queryOf } from "../../../edge/console/run-filters.ts";
import { stepsOf } from "../../../edge/console/timeline.ts";

const run = (run_id: string, status: Run["status"] = "COMPLETED") =>
  ({ run_id, status, money_state: "SETTLED", attempt: 1, cost: { actual_usd: null } }) as unknown as Run;

describe("filters", () => {
  test("of an address leave out what is not known", () => {
    const filters = filtersOf(new URLSearchParams("status=LOST&pack=url&from=yesterday&to=2026-11-30&other=1"));
    expect(filters).toEqual({ status: undefined, pack: "url", from: undefined, to: "2026-11-30", metadata: undefined });
    expect(isNarrowed(filters)).toBe(true);
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
  test("takes the changes of its rows, and keeps the others as they are", () => {
    const shown = [run("b", "QUEUED"), run("a")];
    const merged = mergeRuns(shown, [run("b", "COMPLETED"), run("a")]);
    expect(merged.shown.map(({ status }) => status)).toEqual(["COMPLETED", "COMPLETED"]);
    expect(merged.shown[1]).toBe(shown[1]);
    expect(merged.added).toEqual([]);
  });

  test("is told of runs that are newer than its first, and of no older ones", () => {
    const { added } = mergeRuns([run("b")], [run("d"), run("c"), run("b"), run("a")]);
    expect(added.map(({ run_id }) => run_id)).toEqual(["d", "c"]);
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
