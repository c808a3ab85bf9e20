import {
  COMPLIANCE_LIMITS,
  type ComplianceInputs,
  complianceOffer,
  complianceUnits,
} from "#core/domain/packs/compliance.ts";
import { type Finding, maskText, mostSevere, resolveOverlaps, verdictOf } from "./compliance/findings.ts";
import { rulesOf } from "./compliance/rules.ts";
import { search } from "./compliance/search.ts";
import type { Pack } from "./pack.ts";

function countByRule(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rule } of findings) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}

/** The `compliance` pack. A pure function of its inputs; nothing that it finds leaves it but by rule and offsets. */
export function compliancePack(): Pack<ComplianceInputs> {
  return {
    offer: complianceOffer,
    async run({ text, rules: asked }, { signal }) {
      signal.throwIfAborted();
      const rules = rulesOf(asked);
      const findings = resolveOverlaps(await search(text, rules, signal));
      const listed = mostSevere(findings, COMPLIANCE_LIMITS.max_findings);
      return {
        kind: "done",
        data: {
          verdict: verdictOf(findings),
          rules: rules.map(({ name }) => name),
          counts: countByRule(findings),
          offset_unit: "utf16_code_unit",
          findings: listed,
          findings_total: findings.length,
          masked_text: maskText(text, findings),
        },
        artifacts: [],
        units: complianceUnits(text),
        reliability: findings.length === 0 ? 1 : listed.length / findings.length,
      };
    },
  };
}
