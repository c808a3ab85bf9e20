import { type ComplianceRule, complianceOffer, type FindingRule } from "#core/domain/packs/compliance.ts";
import { compliancePack } from "../../../backend/worker/packs/compliance.ts";
import type { Finding, Verdict } from "../../../backend/worker/packs/compliance/findings.ts";
import { context, opened } from "./decision-fixture.ts";

interface Report {
  verdict: Verdict;
  rules: ComplianceRule[];
  counts: Record<string, number>;
  offset_unit: string;
  findings: Finding[];
  findings_total: number;
  allowed_total?: number;
  kinds: Partial<Record<FindingRule, readonly string[]>>;
  masked_text: string;
}

const pack = compliancePack();

/** Runs the pack on inputs that pass its schema. */
export async function inspect(text: string, rules?: readonly string[], signal?: AbortSignal, options: object = {}) {
  const inputs = complianceOffer.inputs.parse({ text, ...(rules ? { rules } : {}), ...options });
  const outcome = await pack.run(inputs, context(signal));
  if (outcome.kind !== "done") throw new Error(outcome.reason_code);
  return { ...outcome, data: complianceOffer.data.parse(opened(outcome.data)) as Report };
}

/** What was found, read back from the text by its offsets. */
export async function found(text: string, rules?: readonly string[]): Promise<[rule: string, excerpt: string][]> {
  const { data } = await inspect(text, rules);
  return data.findings.map(({ rule, start, end }) => [rule, text.slice(start, end)]);
}

/** Text around a finding as prose, markup, data and logs have it. */
export const settings: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["It is ", ", I think."],
  ["(", ")"],
  ['{"value":"', '"}'],
  ["<td>", "</td>"],
  ["value=", "\n"],
  [String.raw`{"log":"a\n`, String.raw`\n"}`],
  ["👩‍👩‍👧 e\u0301 🇪🇺 ", " 🎉"],
];

/** A made-up secret, in pieces so that no scanner of repositories takes it for a real one. */
export const joined = (...parts: string[]): string => parts.join("");

export const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
