import { type ComplianceRule, complianceRules } from "#core/domain/packs/compliance.ts";
import { scanEmail } from "./email.ts";
import { scanIban } from "./iban.ts";
import { scanIpAddress } from "./ip-address.ts";
import { scanJwt } from "./jwt.ts";
import { scanPaymentCard } from "./payment-card.ts";
import { scanPhone } from "./phone.ts";
import { scanPrivateKey } from "./private-key.ts";
import type { Rule, Scan } from "./span.ts";
import { scanAwsKey, scanDecisionproofKey, scanGithubToken, scanSlackToken, scanStripeKey } from "./tokens.ts";
import { scanUrlCredentials } from "./url-credentials.ts";
import { scanUsSsn } from "./us-ssn.ts";

const scans: Readonly<Record<ComplianceRule, Scan>> = {
  private_key: scanPrivateKey,
  url_credentials: scanUrlCredentials,
  decisionproof_key: scanDecisionproofKey,
  github_token: scanGithubToken,
  slack_token: scanSlackToken,
  stripe_key: scanStripeKey,
  aws_key: scanAwsKey,
  jwt: scanJwt,
  iban: scanIban,
  payment_card: scanPaymentCard,
  us_ssn: scanUsSsn,
  email: scanEmail,
  phone: scanPhone,
  ip_address: scanIpAddress,
};

/** The rules asked for, or all, by precedence. */
export function rulesOf(asked: readonly ComplianceRule[] = complianceRules): readonly Rule[] {
  return complianceRules.filter((name) => asked.includes(name)).map((name) => ({ name, scan: scans[name] }));
}
