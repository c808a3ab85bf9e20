import { namedValues } from "./named-values.ts";
import { ID_FORMS, type IdForm } from "./id-forms.ts";
import { AFTER_ESCAPE, type Scan, type Span } from "./span.ts";

const compact = (written: string): string => written.replaceAll(/[^A-Za-z0-9]/g, "").toUpperCase();

interface Compiled {
  readonly form: IdForm;
  readonly apart: RegExp | undefined;
  readonly at: RegExp;
  readonly name: RegExp;
}

const forms: readonly Compiled[] = ID_FORMS.map((form) => ({
  form,
  apart:
    form.apart === undefined
      ? undefined
      : new RegExp(String.raw`(?:(?<![A-Za-z0-9.-])|${AFTER_ESCAPE})(?:${form.apart})(?![A-Za-z0-9]|[.-]\d)`, "g"),
  at: new RegExp(`(?:${form.written})(?![A-Za-z0-9])`, "iy"),
  name: new RegExp(form.name, "giu"),
}));

const spanOf = ({ kind, severity }: IdForm, start: number, written: string, confidence: number): Span => ({
  start,
  end: start + written.length,
  severity: severity ?? "high",
  confidence,
  kind,
});

/** Identity numbers of people, by country: where their name stands before them, or their form proves enough. */
export const scanNationalId: Scan = function* (text) {
  for (const { form, apart, at, name } of forms) {
    for (const value of namedValues(text, name)) {
      at.lastIndex = value?.start ?? text.length;
      const written = at.exec(text)?.[0];
      const isOne = value !== undefined && written !== undefined && form.check(compact(written));
      yield isOne ? spanOf(form, value.start, written, 0.9) : undefined;
    }
    if (apart === undefined) continue;
    for (const { 0: written, index } of text.matchAll(apart)) {
      yield form.check(compact(written)) ? spanOf(form, index, written, 0.7) : undefined;
    }
  }
};
