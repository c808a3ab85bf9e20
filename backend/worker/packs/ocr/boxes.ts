/** In pixels from the top left of an image. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How an image was turned before it was read: by an angle about its centre, after half a turn or none. */
export interface Turn {
  readonly half_turn: boolean;
  /** Clockwise. */
  readonly radians: number;
}

/** The box around boxes, of which there is one at least. */
export function boxAround(boxes: readonly Box[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.left);
    top = Math.min(top, box.top);
    right = Math.max(right, box.left + box.width);
    bottom = Math.max(bottom, box.top + box.height);
  }
  return { left, top, width: right - left, height: bottom - top };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));

/** The upright box, in whole pixels of the image as it was, around a box of the image as it was turned. */
export function unturn(box: Box, turn: Turn, image: Size): Box {
  const [cx, cy] = [image.width / 2, image.height / 2];
  const flip = turn.half_turn ? -1 : 1;
  const [cos, sin] = [flip * Math.cos(turn.radians), flip * Math.sin(turn.radians)];
  const corners = [
    [box.left, box.top],
    [box.left + box.width, box.top],
    [box.left, box.top + box.height],
    [box.left + box.width, box.top + box.height],
  ].map(([x = 0, y = 0]) => [cx + cos * (x - cx) + sin * (y - cy), cy - sin * (x - cx) + cos * (y - cy)] as const);
  const xs = corners.map(([x]) => clamp(x, image.width));
  const ys = corners.map(([, y]) => clamp(y, image.height));
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  return { left, top, width: Math.ceil(Math.max(...xs)) - left, height: Math.ceil(Math.max(...ys)) - top };
}
