/** An error that says itself what it means to a person. */
export class Explained extends Error {
  override readonly name = "Explained";
  readonly title: string;
  /** The same may succeed later. */
  readonly isPassing: boolean;

  constructor(title: string, detail: string, options: { readonly isPassing?: boolean } = {}) {
    super(detail);
    this.title = title;
    this.isPassing = options.isPassing ?? false;
  }
}
