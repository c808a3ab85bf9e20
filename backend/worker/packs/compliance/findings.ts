import {
  COMPLIANCE_RULES,
  type ComplianceCategory,
  type ComplianceRule,
  complianceRules,
} from "#core/domain/packs/compliance.ts";
import type { Severity, Span } from "./span.ts";

export interface Finding extends Span {
  readonly rule: ComplianceRule;
  readonly category: ComplianceCategory;
}

export type Verdict = "PASS" | "REVIEW" | "FAIL";

const PRECEDENCE: ReadonlyMap<ComplianceRule, number> = new Map(complianceRules.map((rule, index) => [rule, index]));
/** From the least to the most severe. */
const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
const rankOf = ({ severity }: Span): number => SEVERITIES.indexOf(severity);

export function findingOf(rule: ComplianceRule, { start, end, severity }: Span): Finding {
  return { rule, category: COMPLIANCE_RULES[rule], severity, start, end };
}

/** True if the first of two overlapping findings gives its name: by precedence, then severity, then length. */
function outranks(one: Finding, other: Finding): boolean {
  const [first, second] = [PRECEDENCE.get(one.rule) ?? 0, PRECEDENCE.get(other.rule) ?? 0];
  if (first !== second) return first < second;
  if (rankOf(one) !== rankOf(other)) return rankOf(one) > rankOf(other);
  return one.end - one.start > other.end - other.start;
}

/**
 * Findings in the order of the text, none overlapping: those that did are one finding over all that they covered,
 * under the rule that outranks. Nothing that any rule found is left bare.
 */
export function resolveOverlaps(found: readonly Finding[]): readonly Finding[] {
  const resolved: Finding[] = [];
  for (const next of found.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = resolved.at(-1);
    if (last === undefined || next.start >= last.end) {
      resolved.push(next);
      continue;
    }
    const winner = outranks(next, last) ? next : last;
    resolved[resolved.length - 1] = { ...winner, start: last.start, end: Math.max(last.end, next.end) };
  }
  return resolved;
}

/** The text with each finding replaced by its rule's name, `[EMAIL]`: neither a character nor the length remains. */
export function maskText(text: string, findings: readonly Finding[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { rule, start, end } of findings) {
    parts.push(text.slice(from, start), `[${rule.toUpperCase()}]`);
    from = end;
  }
  return parts.join("") + text.slice(from);
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === "critical" || severity === "high")) return "FAIL";
  return findings.some(({ severity }) => severity === "medium") ? "REVIEW" : "PASS";
}

/** The most severe findings, the earlier first among equals, in the order of the text. */
export function mostSevere(findings: readonly Finding[], most: number): readonly Finding[] {
  if (findings.length <= most) return findings;
  const kept = findings.toSorted((a, b) => rankOf(b) - rankOf(a) || a.start - b.start).slice(0, most);
  return kept.toSorted((a, b) => a.start - b.start);
}
