export interface StoredObject {
  readonly body: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/** S3 as far as the protocol uses it: the first object at a key stays. */
export class SimObjects {
  readonly all = new Map<string, StoredObject>();

  create(key: string, object: StoredObject): "created" | "exists" {
    if (this.all.has(key)) return "exists";
    this.all.set(key, object);
    return "created";
  }

  head(key: string): Readonly<Record<string, string>> | undefined {
    return this.all.get(key)?.metadata;
  }

  delete(keys: readonly string[]): void {
    for (const key of keys) this.all.delete(key);
  }
}
