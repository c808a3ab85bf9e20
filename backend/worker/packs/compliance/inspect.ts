import type { PackOutcome } from "#core/domain/pack.ts";
import {
  COMPLIANCE_LIMITS,
  type ComplianceInputs,
  complianceUnits,
  CUSTOM_RULE,
} from "#core/domain/packs/compliance.ts";
import { Rejected } from "../eval/rejected.ts";
import { allowance } from "./allowed.ts";
import { type Finding, maskText, mostSevere, resolveOverlaps, verdictOf } from "./findings.ts";
import { searchPatterns } from "./patterns.ts";
import { kindsOf, rulesOf } from "./rules.ts";
import { search } from "./search.ts";
import type { Rule } from "./span.ts";

function countByRule(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rule } of findings) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}

function* byRule({ text, patterns, regions }: ComplianceInputs, rules: readonly Rule[]) {
  yield searchPatterns(text, patterns);
  yield* search(text, rules, { regions });
}

/** Everything found, and how much of it the caller allows. */
function found(inputs: ComplianceInputs, rules: readonly Rule[]) {
  const { text, allow, min_confidence = 0 } = inputs;
  const isAllowed = allowance(allow);
  const kept: Finding[] = [];
  const allowed: Finding[] = [];
  for (const every of byRule(inputs, rules)) {
    const sure = every.filter(({ confidence }) => confidence >= min_confidence);
    // One rule's findings do not overlap: together they are no longer than the text, and so is what is compared with `allow`.
    for (const finding of resolveOverlaps(sure)) {
      (isAllowed(text.slice(finding.start, finding.end)) ? allowed : kept).push(finding);
    }
  }
  return { findings: resolveOverlaps(kept), allowed: resolveOverlaps(allowed).length };
}

function inspected(inputs: ComplianceInputs): PackOutcome {
  const { text, patterns } = inputs;
  const rules = rulesOf(inputs.rules);
  const { findings, allowed } = found(inputs, rules);
  const listed = mostSevere(findings, COMPLIANCE_LIMITS.max_findings);
  const data = {
    verdict: verdictOf(findings),
    rules: rules.map(({ name }) => name),
    kinds: {
      ...kindsOf(rules),
      ...(patterns === undefined ? {} : { [CUSTOM_RULE]: patterns.map(({ name }) => name) }),
    },
    counts: countByRule(findings),
    offset_unit: "utf16_code_unit",
    findings: listed,
    findings_total: findings.length,
    ...(inputs.allow === undefined ? {} : { allowed_total: allowed }),
    masked_text: maskText(text, findings, inputs),
  };
  return {
    kind: "done",
    data,
    artifacts: [],
    units: complianceUnits(text),
    reliability: findings.length === 0 ? 1 : listed.length / findings.length,
  };
}

/**
 * The whole work of the pack: searches a text. A pure function of its inputs; nothing that it finds leaves it but by rule
 * and offsets.
 */
export function inspect(inputs: ComplianceInputs): PackOutcome {
  try {
    return inspected(inputs);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { kind: "input_rejected", reason_code: error.reason_code, detail: error.detail };
  }
}
