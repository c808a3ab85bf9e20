/** What the compatibility flag `nodejs_als` adds to the Workers runtime. */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<T> {
    getStore(): T | undefined;
    run<R>(store: T | undefined, act: () => R): R;
  }
}
