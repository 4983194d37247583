/** How every op of StableHLO and CHLO becomes HLO, merged from the families. */
import { byName } from '../../../ir/by-name.ts';
import { chloRows } from '../chlo/rows-chlo.ts';
import type { LoweringRows } from './op-context.ts';
import { overQuantized, quantisedRows } from './quantised.ts';
import { collectiveRows } from './rows-collective.ts';
import { controlRows } from './rows-control.ts';
import { dynamicRows } from './rows-dynamic.ts';
import { elementwiseRows } from './rows-elementwise.ts';
import { linearRows } from './rows-linear.ts';
import { movementRows } from './rows-movement.ts';
import { reductionRows } from './rows-reduction.ts';
import { scanRows } from './rows-scan.ts';

const rows: LoweringRows = {
  ...elementwiseRows,
  ...movementRows,
  ...reductionRows,
  ...linearRows,
  ...controlRows,
  ...chloRows,
  ...scanRows,
  ...dynamicRows,
  ...collectiveRows,
  ...quantisedRows,
};

/** One row an op; quantised operands and results are seen to around each. */
export const stablehloRows: LoweringRows = byName(
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, overQuantized(row)])),
);
