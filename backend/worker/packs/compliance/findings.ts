import { createHmac } from "node:crypto";
import {
  COMPLIANCE_RULES,
  type ComplianceCategory,
  type ComplianceInputs,
  type ComplianceRule,
  complianceRules,
  CUSTOM_RULE,
  type FindingRule,
} from "#core/domain/packs/compliance.ts";
import type { Severity, Span } from "./span.ts";

export interface Finding extends Span {
  readonly rule: FindingRule;
  readonly category: ComplianceCategory;
  readonly confidence: number;
}

export type Verdict = "PASS" | "REVIEW" | "FAIL";

const PRECEDENCE: ReadonlyMap<FindingRule, number> = new Map(
  [...complianceRules, CUSTOM_RULE].map((rule, index) => [rule, index] as [FindingRule, number]),
);
/** From the least to the most severe. */
const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
const rankOf = ({ severity }: Pick<Span, "severity">): number => SEVERITIES.indexOf(severity);

/** How sure a rule is where its finding does not say. */
const CONFIDENCE: Readonly<Record<ComplianceRule, number>> = {
  private_key: 0.99,
  url_credentials: 0.9,
  decisionproof_key: 1,
  github_token: 0.99,
  slack_token: 0.98,
  stripe_key: 0.98,
  aws_key: 0.95,
  service_token: 0.95,
  jwt: 0.99,
  password: 0.8,
  secret: 0.7,
  iban: 0.98,
  payment_card: 0.95,
  us_ssn: 0.85,
  national_id: 0.9,
  passport: 0.95,
  date_of_birth: 0.9,
  email: 0.95,
  phone: 0.9,
  ip_address: 0.85,
};

export function findingOf(rule: FindingRule, { start, end, severity, confidence, kind }: Span): Finding {
  const isCustom = rule === CUSTOM_RULE;
  return {
    rule,
    ...(kind === undefined ? {} : { kind }),
    category: isCustom ? CUSTOM_RULE : COMPLIANCE_RULES[rule],
    severity,
    confidence: confidence ?? (isCustom ? 1 : CONFIDENCE[rule]),
    start,
    end,
  };
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
 * under the rule that outranks, as severe and as sure as the most of them. Nothing that any rule found is left bare.
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
    const { severity } = rankOf(next) > rankOf(last) ? next : last;
    const confidence = Math.max(next.confidence, last.confidence);
    resolved[resolved.length - 1] = {
      ...winner,
      severity,
      confidence,
      start: last.start,
      end: Math.max(last.end, next.end),
    };
  }
  return resolved;
}

/** What stands for a finding in the masked text, without its brackets. */
type Mask = (finding: Finding, value: string) => string;

const MARK_LENGTH = 10;
/** The same value, however it is spaced or cased, has the same mark. */
const sameValue = (value: string): string => value.replaceAll(/[\s.\u2010-\u2015-]+/g, "").toLowerCase();

function pseudonyms(key: string | undefined): Mask {
  const marks = new Map<string, string>();
  const counts = new Map<string, number>();
  return ({ rule }, value) => {
    const name = `${rule}:${sameValue(value)}`;
    const known = marks.get(name);
    if (known !== undefined) return known;
    const count = (counts.get(rule) ?? 0) + 1;
    counts.set(rule, count);
    const mark =
      key === undefined ? String(count) : createHmac("sha256", key).update(name).digest("hex").slice(0, MARK_LENGTH);
    const mask = `${rule.toUpperCase()}_${mark}`;
    marks.set(name, mask);
    return mask;
  };
}

function maskOf({ mask, pseudonym_key }: Pick<ComplianceInputs, "mask" | "pseudonym_key">): Mask {
  if (mask === "pseudonym") return pseudonyms(pseudonym_key);
  if (mask === "kind") return ({ rule, kind }) => (rule === CUSTOM_RULE ? rule : (kind ?? rule)).toUpperCase();
  return ({ rule }) => rule.toUpperCase();
}

/** The text with each finding replaced in brackets, `[EMAIL]`: neither a character nor the length remains. */
export function maskText(
  text: string,
  findings: readonly Finding[],
  masking: Pick<ComplianceInputs, "mask" | "pseudonym_key"> = {},
): string {
  const mask = maskOf(masking);
  const parts: string[] = [];
  let from = 0;
  for (const finding of findings) {
    parts.push(text.slice(from, finding.start), `[${mask(finding, text.slice(finding.start, finding.end))}]`);
    from = finding.end;
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
