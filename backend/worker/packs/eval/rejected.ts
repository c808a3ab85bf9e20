/** Inputs that only the work could find wrong. Thrown inside a scoring, and told as its outcome at its edge. */
export class Rejected extends Error {
  readonly reason_code: string;
  readonly detail: string;

  constructor(reason_code: string, detail: string) {
    super(reason_code);
    this.reason_code = reason_code;
    this.detail = detail;
  }
}
