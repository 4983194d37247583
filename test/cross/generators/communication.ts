/** Random instances of the collectives and asynchronous pairs that make sense on one device. */
import { type ElementType, isComplex } from '../../../graphs/ir/element-type.ts';
import type { communication as rows } from '../../../graphs/ops/communication.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { arr, type Gen, type Generate, type Row, range } from '../gen.ts';

const host = { skipped: 'it talks to the host or another device' };
const half = {
  skipped: 'asynchronous forms have no StableHLO form, through which XLA is fed here',
};

/** A collective whose only participant is this device. */
const data = (g: Gen) => arr(g.type(), ...g.fullDims(1, 3));
const reducing =
  (opcode: 'all-reduce' | 'reduce-scatter'): Generate =>
  (g) => {
    const shape = data(g);
    const to_apply = g.combiner(combinerOf(g, shape.type), shape.type);
    const attrs = { replica_groups: '{{0}}', to_apply };
    return opcode === 'all-reduce'
      ? g.op(
          opcode,
          range(g.int(1, 2)).map(() => shape),
          attrs,
        )
      : g.op(opcode, [shape], { ...attrs, dimensions: [0] }, { shape });
  };

function combinerOf(g: Gen, type: ElementType): Opcode {
  if (type === 'pred') return g.pick(['and', 'or'] as const);
  const sums = ['add', 'multiply'] as const;
  return g.pick(isComplex(type) ? sums : ([...sums, 'maximum', 'minimum'] as const));
}

export const communication: Readonly<Record<keyof typeof rows, Row>> = {
  'all-gather': (g) => {
    const shape = data(g);
    return g.op('all-gather', [shape], { replica_groups: '{{0}}', dimensions: [0] }, { shape });
  },
  'all-gather-start': half,
  'all-gather-done': half,
  'all-reduce': reducing('all-reduce'),
  'all-reduce-start': half,
  'all-reduce-done': half,
  'reduce-scatter': reducing('reduce-scatter'),
  'all-to-all': (g) => {
    const shape = data(g);
    return g.op('all-to-all', [shape], { replica_groups: '{{0}}', dimensions: [0] }, { shape });
  },
  'ragged-all-to-all': host,
  'collective-broadcast': (g) =>
    g.op('collective-broadcast', [data(g)], { replica_groups: '{{0}}' }),
  'collective-permute': (g) =>
    g.op('collective-permute', [data(g)], { source_target_pairs: [[0, 0]] }),
  'collective-permute-start': half,
  'collective-permute-done': half,
  'partition-id': (g) => g.op('partition-id', []),
  'replica-id': (g) => g.op('replica-id', []),
  send: host,
  'send-done': host,
  recv: host,
  'recv-done': host,
  infeed: host,
  outfeed: host,
  'copy-start': half,
  'copy-done': half,
  'async-start': half,
  'async-update': half,
  'async-done': half,
};
