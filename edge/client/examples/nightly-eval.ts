/** Scores what a system said against what was expected, and fails where too little of it passes. */
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { Decisionproof, type Inputs } from "@decisionproof/client";

type Case = Inputs<"eval">["cases"][number];

const [file = "cases.jsonl", threshold = "0.9"] = process.argv.slice(2);
const leastPassRate = Number(threshold);
if (!(leastPassRate >= 0 && leastPassRate <= 1)) throw new Error(`not a pass rate from 0 to 1: ${threshold}`);

const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
const cases = lines.map((line) => JSON.parse(line) as Case);
const inputs: Inputs<"eval"> = {
  cases,
  metrics: [{ metric: "contains", ignore_case: true }, "token_f1"],
  threshold: 0.3,
};

// The same cases on the same day are bought once, however often the job is started again.
const hash = createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
const idempotencyKey = `eval-${new Date().toISOString().slice(0, 10)}-${hash.slice(0, 32)}`;
const { data, cost } = await new Decisionproof().run("eval", { inputs, max_cost_usd: "1.0000" }, { idempotencyKey });

const { passed, pass_rate, pass_rate_95 } = data.overall;
const isGood = pass_rate >= leastPassRate;
const summary = [
  `${isGood ? "ok" : "FAILED"}: ${passed} of ${data.count} cases pass, ${pass_rate} (at least ${leastPassRate} is asked for)`,
  `95% interval of the pass rate: ${pass_rate_95.low} to ${pass_rate_95.high}; cost ${cost.actual_usd} USD`,
  ...data.cases.filter((each) => !each.passed).map((each) => `- ${each.id}: ${JSON.stringify(each.scores)}`),
].join("\n");
console.log(summary);
const page = process.env["GITHUB_STEP_SUMMARY"];
if (page) appendFileSync(page, `${summary}\n`);
if (!isGood) process.exitCode = 1;
