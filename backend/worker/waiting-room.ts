/** How a run waits for a work process: beside the slots, or in the slot that it has. */
export interface Place {
  readonly kind: "beside" | "in_slot";
  leave(): void;
}

/**
 * Places for runs that wait for a work process, so that the slots stay free for runs that need none. A run without a
 * place waits in its slot: a worker whose slots all wait takes no more runs, which stay in the queue.
 */
export interface WaitingRoom {
  /** How many runs wait beside the slots. */
  readonly beside: number;
  /** Takes a place for a run of this tenant. */
  enter(tenant_id: string): Place;
}

const PLACES_PER_SLOT = 4;
/** What runs hold while they wait, such as an image of 10 MB, is kept in memory. */
const MAX_PLACES = 40;
/** Of the places one tenant takes at most a quarter, and the last quarter is for tenants that have none. */
const SHARES = 4;

export function createWaitingRoom(slots: number, onBeside: () => void = () => undefined): WaitingRoom {
  const places = Math.min(slots * PLACES_PER_SLOT, MAX_PLACES);
  const share = Math.max(1, Math.floor(places / SHARES));
  const tenants = new Map<string, number>();
  let beside = 0;

  function hasPlace(tenant_id: string): boolean {
    const taken = tenants.get(tenant_id) ?? 0;
    return taken === 0 ? beside < places : taken < share && beside < places - share;
  }

  function takeBeside(tenant_id: string): Place {
    const move = (by: 1 | -1) => {
      beside += by;
      const taken = (tenants.get(tenant_id) ?? 0) + by;
      if (taken === 0) tenants.delete(tenant_id);
      else tenants.set(tenant_id, taken);
    };
    move(1);
    onBeside();
    return { kind: "beside", leave: once(() => move(-1)) };
  }

  return {
    get beside() {
      return beside;
    },
    enter(tenant_id) {
      return hasPlace(tenant_id) ? takeBeside(tenant_id) : { kind: "in_slot", leave: () => undefined };
    },
  };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
