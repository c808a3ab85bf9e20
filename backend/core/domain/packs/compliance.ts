import { z } from "zod";
import { textUpTo } from "../bounded.ts";
import { micros } from "../money.ts";
import type { PackOffer } from "../pack.ts";

/** Ceilings of the `compliance` pack. */
export const COMPLIANCE_LIMITS = {
  /** UTF-16 code units, as lengths are counted everywhere here. */
  max_text_chars: 200_000,
  /** How many findings are listed; all are masked and counted. */
  max_findings: 10_000,
} as const;

/** How many bytes of the text's UTF-8 one `ten_kb` covers, once started. */
const BYTES_PER_UNIT = 10_000;

/**
 * Every rule with its category, by precedence: findings that overlap become one, under the first of their rules here.
 * What carries proof of itself (a frame, a prefix, a checksum) comes before what is only shaped alike.
 */
export const COMPLIANCE_RULES = {
  private_key: "credential",
  url_credentials: "credential",
  decisionproof_key: "credential",
  github_token: "credential",
  slack_token: "credential",
  stripe_key: "credential",
  aws_key: "credential",
  jwt: "credential",
  iban: "financial",
  payment_card: "financial",
  us_ssn: "government_id",
  email: "contact",
  phone: "contact",
  ip_address: "network",
} as const;

export type ComplianceRule = keyof typeof COMPLIANCE_RULES;
export type ComplianceCategory = (typeof COMPLIANCE_RULES)[ComplianceRule];

/** All rules, by precedence. */
export const complianceRules = Object.keys(COMPLIANCE_RULES) as [ComplianceRule, ...ComplianceRule[]];

const rules = z
  .array(z.enum(complianceRules))
  .min(1, "must name at least one rule; leave it out for all")
  .max(complianceRules.length)
  .superRefine((names, context) => {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      context.addIssue({ code: "custom", path: [index], message: "is listed twice", input: name });
    }
  });

const inputs = z.strictObject({
  text: textUpTo(COMPLIANCE_LIMITS.max_text_chars)
    .min(1)
    .describe("What is to be searched. Offsets of findings count its UTF-16 code units, from 0."),
  rules: rules
    .optional()
    .meta({ description: "The rules to apply, in any order; all of them if left out.", uniqueItems: true }),
});

export type ComplianceInputs = z.output<typeof inputs>;

/** A finding of the fewest characters becomes its rule's name in brackets, which is longer. */
const MASKED_PER_CHAR = 8;

const offset = z.int().min(0).max(COMPLIANCE_LIMITS.max_text_chars);
const ruleName = z.enum(complianceRules);

const finding = z.strictObject({
  rule: ruleName.describe("The rule that found it."),
  category: z.enum(["credential", "financial", "government_id", "contact", "network"]).describe("The rule's kind."),
  severity: z
    .enum(["critical", "high", "medium", "low"])
    .describe("critical and high make the verdict FAIL, medium makes it REVIEW."),
  start: offset.describe("Where it begins, in UTF-16 code units from 0."),
  end: offset.describe("Where it ends; exclusive."),
});

const data = z.strictObject({
  verdict: z.enum(["PASS", "REVIEW", "FAIL"]).describe("By the most severe finding."),
  rules: z.array(ruleName).min(1).max(complianceRules.length).describe("The rules that were applied, by precedence."),
  counts: z.partialRecord(ruleName, offset).describe("How often each rule found something; absent where it did not."),
  offset_unit: z.literal("utf16_code_unit").describe("What offsets count."),
  findings: z
    .array(finding)
    .max(COMPLIANCE_LIMITS.max_findings)
    .describe("In the order of the text, none overlapping. Never what was found."),
  findings_total: offset.describe("How many there are; more than are listed where they are too many."),
  masked_text: z
    .string()
    .max(COMPLIANCE_LIMITS.max_text_chars * MASKED_PER_CHAR)
    .describe("The text with every finding replaced by its rule's name in brackets."),
});

/** Length in bytes of the UTF-8 of a text; a lone surrogate counts as U+FFFD, three bytes. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if ((text.codePointAt(i) ?? 0) > 0xffff) {
      bytes += 2;
      i += 1;
    } else bytes += 2;
  }
  return bytes;
}

/** Units of a search: the base and every started 10 KB of text; they do not depend on what is found. */
export function complianceUnits(text: string): { base: number; ten_kb: number } {
  return { base: 1, ten_kb: Math.max(1, Math.ceil(utf8Length(text) / BYTES_PER_UNIT)) };
}

export const complianceOffer: PackOffer<ComplianceInputs> = {
  type: "compliance",
  version: "1.0.0",
  title: "Compliance",
  summary:
    "Finds personal data and secrets in a text: rule, category, severity and exact offsets of each finding, the text " +
    "with every finding replaced by its rule's name in brackets, and a verdict. FAIL for credentials, payment cards and " +
    "US SSNs; REVIEW for contacts, public IP addresses, IBANs and test keys; PASS otherwise. Repeats nothing it found.",
  inputs,
  data,
  prices: {
    base: { unit_micros: micros(1_000), per: "run" },
    ten_kb: { unit_micros: micros(1_000), per: "started 10 KB (10,000 bytes of UTF-8) of the text" },
  },
  reliability:
    `Share of the findings that are listed: 1 unless there are more than ${COMPLIANCE_LIMITS.max_findings}, and all are ` +
    "masked and counted even then. It does not judge how likely a finding is to be true.",
  example: {
    text: "Write to ada@example.com or call +44 20 7946 0958; the card was 4111 1111 1111 1111.",
    rules: ["email", "phone", "payment_card"],
  },
  estimate: ({ text }) => ({ units: complianceUnits(text), exact: true }),
};
