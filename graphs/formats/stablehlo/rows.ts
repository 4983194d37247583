/** How every op of StableHLO and CHLO becomes HLO, merged from the families. */
import type { LoweringRows } from './op-context.ts';
import { chloRows } from './rows-chlo.ts';
import { controlRows } from './rows-control.ts';
import { elementwiseRows } from './rows-elementwise.ts';
import { linearRows } from './rows-linear.ts';
import { movementRows } from './rows-movement.ts';
import { reductionRows } from './rows-reduction.ts';

export const stablehloRows: LoweringRows = {
  ...elementwiseRows,
  ...movementRows,
  ...reductionRows,
  ...linearRows,
  ...controlRows,
  ...chloRows,
};
