import { type ComplianceRule, complianceRules } from "#core/domain/packs/compliance.ts";
import { scanPassword, scanSecret } from "./assigned.ts";
import { scanDateOfBirth } from "./date-of-birth.ts";
import { scanEmail } from "./email.ts";
import { scanIban } from "./iban.ts";
import { scanIpAddress } from "./ip-address.ts";
import { scanJwt } from "./jwt.ts";
import { ID_FORMS } from "./id-forms.ts";
import { scanNationalId } from "./national-id.ts";
import { scanPassport } from "./passport.ts";
import { scanPaymentCard } from "./payment-card.ts";
import { scanPhone } from "./phone.ts";
import { scanPrivateKey } from "./private-key.ts";
import { scanServiceToken } from "./service-tokens.ts";
import { SERVICES } from "./services.ts";
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
  service_token: scanServiceToken,
  jwt: scanJwt,
  password: scanPassword,
  secret: scanSecret,
  iban: scanIban,
  payment_card: scanPaymentCard,
  us_ssn: scanUsSsn,
  national_id: scanNationalId,
  passport: scanPassport,
  date_of_birth: scanDateOfBirth,
  email: scanEmail,
  phone: scanPhone,
  ip_address: scanIpAddress,
};

/** The rules asked for, or all, by precedence. */
export function rulesOf(asked: readonly ComplianceRule[] = complianceRules): readonly Rule[] {
  return complianceRules.filter((name) => asked.includes(name)).map((name) => ({ name, scan: scans[name] }));
}

const KINDS: Partial<Record<ComplianceRule, readonly string[]>> = {
  service_token: SERVICES,
  national_id: ID_FORMS.map(({ kind }) => kind),
  passport: ["number", "machine_readable"],
};

/** What each of these rules looks for, where it has several kinds. */
export function kindsOf(rules: readonly Rule[]): Partial<Record<ComplianceRule, readonly string[]>> {
  return Object.fromEntries(
    rules.flatMap(({ name }) => {
      const kinds = KINDS[name];
      return kinds === undefined ? [] : [[name, kinds]];
    }),
  );
}
