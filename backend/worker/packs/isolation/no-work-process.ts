/** The machine gave no process to work in, which is no failure of the pack's, nor of its inputs. */
export class NoWorkProcess extends Error {
  override readonly name = "NoWorkProcess";
}
