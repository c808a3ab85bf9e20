/** The store answered, and cannot be used as it is: trying again changes nothing. */
export class UnusableStore extends Error {
  override readonly name = "UnusableStore";
}
