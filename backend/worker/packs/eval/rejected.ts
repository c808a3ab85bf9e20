/** Inputs that only the work finds invalid. Thrown while scoring; the scorer's caller turns it into the outcome. */
export class Rejected extends Error {
  readonly reason_code: string;
  readonly detail: string;

  constructor(reason_code: string, detail: string) {
    super(reason_code);
    this.reason_code = reason_code;
    this.detail = detail;
  }
}
