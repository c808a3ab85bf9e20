import type { PackOutcome } from "#core/domain/pack.ts";
import { COMPLIANCE_LIMITS, type ComplianceInputs, complianceUnits } from "#core/domain/packs/compliance.ts";
import { type Finding, maskText, mostSevere, resolveOverlaps, verdictOf } from "./findings.ts";
import { rulesOf } from "./rules.ts";
import { search } from "./search.ts";

function countByRule(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rule } of findings) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}

/**
 * The whole work of the pack: searches a text. A pure function of its inputs; nothing that it finds leaves it but by rule
 * and offsets.
 */
export function inspect({ text, rules: asked }: ComplianceInputs): PackOutcome {
  const rules = rulesOf(asked);
  const findings = resolveOverlaps(search(text, rules));
  const listed = mostSevere(findings, COMPLIANCE_LIMITS.max_findings);
  const data = {
    verdict: verdictOf(findings),
    rules: rules.map(({ name }) => name),
    counts: countByRule(findings),
    offset_unit: "utf16_code_unit",
    findings: listed,
    findings_total: findings.length,
    masked_text: maskText(text, findings),
  };
  return {
    kind: "done",
    data,
    artifacts: [],
    units: complianceUnits(text),
    reliability: findings.length === 0 ? 1 : listed.length / findings.length,
  };
}
