import { type CountryCode, getCountries } from "libphonenumber-js/max";

export type { CountryCode };

const codes = (list: string): readonly CountryCode[] => list.split(" ") as CountryCode[];

/** Countries that are tried, by the number of their people and of their phones. */
export const PHONE_REGIONS: {
  readonly all: ReadonlySet<string>;
  /** Where a number begins with 0 at home. */
  readonly common: readonly CountryCode[];
  /** The same, and those where it does not. */
  readonly widely: readonly CountryCode[];
} = {
  all: new Set(getCountries()),
  common: codes(
    "GB FR DE IT NL BE CH AT IE SE FI AU NZ JP KR CN TW TH VN PH MY ID IN PK TR UA RO BG HR RS IL EG ZA KE NG BR AE SA",
  ),
  widely: codes(
    "US GB FR DE IT ES PL PT NL BE CH AT IE SE NO DK FI CZ GR AU NZ JP KR CN TW TH VN PH MY ID IN PK TR UA RO BG HR RS IL EG ZA " +
      "KE NG BR MX AR CO CL PE AE SA SG HK RU HU",
  ),
};
