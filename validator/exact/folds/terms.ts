/** Which elements of an array are folded: start + steps[j], or start + j·stride; j < count. */
/** See above; all are positions in row-major order. */
export interface Terms {
  readonly start: number;
  readonly count: number;
  readonly stride: number;
  readonly steps?: Int32Array | undefined;
}
