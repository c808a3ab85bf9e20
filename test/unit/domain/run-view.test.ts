import { describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { type RunRow, runView, viewRun } from "#core/domain/run-view.ts";
import { COMPLETED, QUEUED } from "./run-row.ts";

const PATH = `/v1/runs/${COMPLETED.run_id}`;
const view = (run: RunRow) => runView.parse(viewRun(run));

describe("a run as its owner sees it", () => {
  test("has what it is, costs and gave, and paths to what belongs to it", () => {
    expect(view(COMPLETED)).toEqual({
      run_id: COMPLETED.run_id,
      pack_type: "eval",
      pack_version: "1.2.0",
      key_id: COMPLETED.key_id,
      payload_sha256: "ab".repeat(32),
      status: "COMPLETED",
      money_state: "SETTLED",
      cost: { max_usd: "1.0000", reserved_usd: "1.0000", actual_usd: "0.0015", minimum_fee_usd: "0.0015" },
      attempt: 2,
      timebox_sec: 90,
      min_reliability_score: 0.5,
      metadata: { order: "A-1" },
      created_at: "2026-01-02T03:04:05.678Z",
      started_at: "2026-01-02T03:04:06.000Z",
      finished_at: "2026-01-02T03:04:07.000Z",
      result_expires_at: "2026-02-01T03:04:07.000Z",
      error: null,
      result: { sha256: "cd".repeat(32), size_bytes: 1_834, reliability: 0.75 },
      links: {
        self: PATH,
        events: `${PATH}/events`,
        result: `${PATH}/result`,
        output: `${PATH}/output`,
        receipt: `${PATH}/receipt`,
        cancel: null,
      },
    });
  });

  const none = { result: null, output: null, receipt: null, cancel: null };
  const failed: RunRow = {
    ...QUEUED,
    status: "FAILED",
    money_state: "REFUNDED",
    charged_micros: micros(0),
    finished_at: COMPLETED.finished_at,
    retention_until: COMPLETED.retention_until,
    reason_code: "PACK_CRASHED",
    reason_detail: "The pack ended with an unexpected error.",
  };
  const ended = { ...none, receipt: `${PATH}/receipt` };
  test.each<[string, RunRow, object]>([
    ["one that waits", QUEUED, { ...none, cancel: `${PATH}/cancel` }],
    ["one that failed", failed, ended],
    ["one that is frozen while it is open", { ...QUEUED, money_state: "AUDIT_REQUIRED" }, none],
    [
      "one that was frozen after its end",
      { ...COMPLETED, money_state: "AUDIT_REQUIRED" },
      { result: `${PATH}/result`, output: `${PATH}/output`, receipt: null, cancel: null },
    ],
    ["one past its retention", { ...COMPLETED, expired: true }, ended],
  ])("of %s names only what is there", (_, run, links) => {
    expect(view(run).links).toEqual({ self: PATH, events: `${PATH}/events`, ...links });
  });

  test("past its retention is EXPIRED, without a result, and says until when it had one", () => {
    expect(view({ ...COMPLETED, expired: true })).toMatchObject({
      status: "EXPIRED",
      result: null,
      result_expires_at: "2026-02-01T03:04:07.000Z",
    });
  });

  test("without a result has nothing that expires", () => {
    expect(view(failed)).toMatchObject({
      result_expires_at: null,
      error: { reason_code: "PACK_CRASHED", detail: "The pack ended with an unexpected error." },
    });
  });

  test("has inputs and output only where they were asked for", () => {
    expect(view(COMPLETED)).not.toHaveProperty("inputs");
    expect(view(COMPLETED)).not.toHaveProperty("output");
    const asked = { inputs: { question: "Tea?" }, output: null };
    expect(viewRun(COMPLETED, asked)).toEqual({ ...viewRun(COMPLETED), ...asked });
  });
});
