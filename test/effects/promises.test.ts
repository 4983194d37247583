/**
 * Promises to later passes and to the caller, and what unknown custom calls are told: modules before
 * and after, and what is to be said of them. To forget a promise costs speed; to make one that does not
 * hold makes what comes later wrong.
 */
import { describe, expect, it } from 'vitest';
import { type Contract, exact, reassociates } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { changedDraws } from '../../validator/effects/draws.ts';
import { compared } from '../support/compared.ts';
import { entry, loop, scatter, sort } from '../support/effect-modules.ts';

type Row = readonly [
  name: string,
  contract: Contract,
  isSilent: boolean,
  before: string,
  after: string,
];

const [silent, flagged] = [true, false];
const given = 'i = s32[6,1] copy(p)';
const counted = 'i = s32[6,1] iota(), iota_dimension=0';
const inOrder =
  'q = s32[6,1] iota(), iota_dimension=0  c = s32[] constant(3)  d = s32[6,1] broadcast(c), dimensions={}  i = s32[6,1] multiply(q, d)';
const backwards = 'q = s32[6,1] iota(), iota_dimension=0  i = s32[6,1] negate(q)';
const half =
  'q = s32[6,1] iota(), iota_dimension=0  c = s32[] constant(2)  d = s32[6,1] broadcast(c), dimensions={}  i = s32[6,1] divide(q, d)';
const [unique, sorted] = [', unique_indices=true', ', indices_are_sorted=true'];

const indices: readonly Row[] = [
  ['unique, of what the caller gives', exact, flagged, scatter(given), scatter(given, unique)],
  ['sorted, of what the caller gives', exact, flagged, scatter(given), scatter(given, sorted)],
  [
    'unique, which was promised before',
    exact,
    silent,
    scatter(given, unique),
    scatter('h = s32[6,1] copy(p)  i = s32[6,1] copy(h)', unique),
  ],
  [
    'sorted, promised before of values from which these are cut',
    exact,
    silent,
    scatter(given, sorted),
    scatter('h = s32[6] reshape(p)  i = s32[6,1] reshape(h)', sorted),
  ],
  ['unique, forgotten', exact, silent, scatter(given, unique), scatter(given)],
  [
    'unique and sorted, as they are',
    exact,
    silent,
    scatter(counted),
    scatter(counted, unique + sorted),
  ],
  ['sorted, as arithmetic makes them', exact, silent, scatter(inOrder), scatter(inOrder, sorted)],
  ['sorted, of indices that fall', exact, flagged, scatter(backwards), scatter(backwards, sorted)],
  ['unique, of indices that come twice', exact, flagged, scatter(half), scatter(half, unique)],
];

const trips = (n: number) => `{"known_trip_count":{"n":"${n}"}}`;
const facts = (n: number, init: number, step: number, at = 0) =>
  `{"known_trip_count":{"n":"${n}"},"known_init_step":{"init":"${init}","step":"${step}"},"known_induction_variable":{"tuple_index":"${at}"}}`;
const plain = loop(5, '');
const withConfig = (config: string) => loop(5, '', { config });

const loops: readonly Row[] = [
  ['the right trips', exact, silent, plain, withConfig(trips(5))],
  ['wrong trips', exact, flagged, plain, withConfig(trips(7))],
  ['wrong trips instead of right ones', exact, flagged, withConfig(trips(5)), withConfig(trips(4))],
  ['no trips any more', exact, silent, withConfig(trips(5)), plain],
  ['wrong trips that were there before', exact, silent, withConfig(trips(7)), withConfig(trips(7))],
  ['wrong trips put right', exact, silent, withConfig(trips(7)), withConfig(trips(5))],
  ['all that XLA writes', exact, silent, plain, withConfig(facts(5, 0, 1))],
  ['a wrong first value', exact, flagged, plain, withConfig(facts(5, 1, 1))],
  ['a wrong step', exact, flagged, plain, withConfig(facts(5, 0, 2))],
  [
    'wrong trips of a loop that was changed',
    reassociates,
    flagged,
    plain,
    loop(5, '', { step: 'multiply(half, v)', config: trips(6) }),
  ],
  [
    'right trips of a loop that acts outside',
    exact,
    silent,
    loop(5, 'o = token[] outfeed(v, t)'),
    loop(5, 'o = token[] outfeed(v, t)', { config: trips(5) }),
  ],
];

const byKey = 'ROOT l = pred[] compare(a, b), direction=LT';
const byPlace = `e = pred[] compare(a, b), direction=EQ  l = pred[] compare(a, b), direction=LT
  m = pred[] compare(c, d), direction=LT  ROOT s = pred[] select(e, m, l)`;
const stable = ', is_stable=true';

const orEqual = byKey.replace('LT', 'LE');
const sorts: readonly Row[] = [
  ['equal keys first', reassociates, flagged, sort('k, v', byKey), sort('k, v', orEqual)],
  ['equal keys first as before', exact, silent, sort('k, v', orEqual), sort('k, v', orEqual)],
  ['stability dropped', reassociates, flagged, sort('k, v', byKey, stable), sort('k, v', byKey)],
  ['stability asked for', exact, silent, sort('k, v', byKey), sort('k, v', byKey, stable)],
  [
    'stability dropped where a count breaks ties',
    exact,
    silent,
    sort('k, n', byPlace, stable),
    sort('k, n', byPlace),
  ],
  [
    'stability dropped where a count goes along only',
    reassociates,
    flagged,
    sort('k, n', byKey, stable),
    sort('k, n', byKey),
  ],
];

const header = (attributes: string, root = 'ROOT r = (f32[4], f32[4]) tuple(s, x)') =>
  entry('s = f32[4] add(x, y)', root, attributes && `, ${attributes}`);
const alias = (output: number, parameter: number, kind = 'may-alias') =>
  `input_output_alias={ {${output}}: (${parameter}, {}, ${kind}) }`;

const buffers: readonly Row[] = [
  ['an alias invented', exact, flagged, header(''), header(alias(0, 0))],
  ['an alias dropped', exact, silent, header(alias(0, 0)), header('')],
  [
    'an alias on which the caller counts dropped',
    exact,
    flagged,
    header(alias(0, 0, 'must-alias')),
    header(''),
  ],
  [
    'an alias on which the caller counts weakened',
    exact,
    flagged,
    header(alias(0, 0, 'must-alias')),
    header(alias(0, 0)),
  ],
  ['an alias with another parameter', exact, flagged, header(alias(0, 0)), header(alias(0, 1))],
  [
    'an alias with a parameter that was given away',
    exact,
    silent,
    header('buffer_donor={ (1, {}) }'),
    header(alias(0, 1)),
  ],
  ['an alias with a parameter handed on as it is', exact, silent, header(''), header(alias(1, 0))],
  [
    'an alias written otherwise',
    exact,
    silent,
    header(alias(0, 0)),
    header('input_output_alias={{0}:(0,{})}'),
  ],
  ['an empty list of aliases', exact, silent, header(''), header('input_output_alias={ }')],
  ['a parameter given away', exact, flagged, header(''), header('buffer_donor={ (0, {}) }')],
  [
    'a parameter not given away any more',
    exact,
    silent,
    header('buffer_donor={ (0, {}) }'),
    header(''),
  ],
  [
    'another number of partitions',
    exact,
    flagged,
    header('num_partitions=2'),
    header('num_partitions=4'),
  ],
  ['one partition, said and not said', exact, silent, header(''), header('num_partitions=1')],
];

const square = (op: string) => `square { q = f32[4] parameter(0)  ROOT s = f32[4] ${op} }\nENTRY`;
const call = (more: string, target = 'foo') =>
  entry(
    `c = f32[4] custom-call(x), custom_call_target="${target}"${more}`,
    'ROOT r = f32[4] add(c, y)',
  );
const calling = (op: string) => call(', called_computations={square}').replace('ENTRY', square(op));

const calls: readonly Row[] = [
  ['another target', reassociates, flagged, call(''), call('', 'bar')],
  [
    'fewer operands',
    exact,
    flagged,
    call('').replace('custom-call(x)', 'custom-call(x, y)'),
    call(''),
  ],
  ['other operands beside it', exact, silent, call(''), call('').replace('add(c, y)', 'add(y, c)')],
  [
    'another configuration',
    reassociates,
    flagged,
    call(', backend_config="k=1"'),
    call(', backend_config="k=2"'),
  ],
  ['a configuration lost', reassociates, flagged, call(', backend_config="k=1"'), call('')],
  [
    'a configuration written otherwise',
    exact,
    silent,
    call(', backend_config={"k":1,"l":2}'),
    call(', backend_config={"l": 2, "k": 1}'),
  ],
  ['another computation', reassociates, flagged, calling('add(q, q)'), calling('multiply(q, q)')],
  [
    'a computation written otherwise',
    exact,
    silent,
    calling('add(q, q)'),
    calling('add(q, q)').replace('ROOT s', 'u = f32[4] copy(q)  ROOT s'),
  ],
  [
    'a computation that computes the same otherwise',
    reassociates,
    silent,
    calling('add(q, q)'),
    calling('multiply(q, t)').replace(
      'ROOT s',
      'w = f32[] constant(2)  t = f32[4] broadcast(w), dimensions={}  ROOT s',
    ),
  ],
  [
    'another order of operands in its memory',
    exact,
    flagged,
    call(', output_to_operand_aliasing={{}: (0, {})}'),
    call(''),
  ],
];

const device = (op: string, root: string) =>
  entry(`d = u32[] ${op}()  f = f32[] convert(d)  b = f32[4] broadcast(f), dimensions={}`, root);

const devices: readonly Row[] = [
  [
    'partition-id taken for 0',
    exact,
    flagged,
    device('partition-id', 'ROOT r = f32[4] add(b, y)'),
    device('partition-id', 'ROOT r = f32[4] copy(y)'),
  ],
  [
    'replica-id taken for partition-id',
    exact,
    flagged,
    device('replica-id', 'ROOT r = f32[4] add(b, y)'),
    device('partition-id', 'ROOT r = f32[4] add(b, y)'),
  ],
  [
    'partition-id, used otherwise',
    exact,
    silent,
    device('partition-id', 'ROOT r = f32[4] add(b, y)'),
    device('partition-id', 'ROOT r = f32[4] add(y, b)'),
  ],
];

describe.each([
  ['indices promised', indices],
  ['loops promised', loops],
  ['sorts', sorts],
  ['buffers and devices in the header', buffers],
  ['unknown custom calls', calls],
  ['the number of the device', devices],
])('%s', (_, rows) => {
  it.each(rows)('%s', (_name, contract, isSilent, before, after) => {
    const { verdict, findings } = compared(before, after, contract, ['typical', 'ties']);
    expect(findings.map((f) => f.note)).toHaveLength(isSilent ? 0 : 1);
    expect(['identical', 'within'].includes(verdict)).toBe(isSilent);
  });
});

describe('a broken promise', () => {
  it('shows both lines and what is not so', () => {
    const { findings } = compared(plain, withConfig(trips(7)), exact, ['typical']);
    expect(findings).toMatchObject([
      {
        kind: 'promise',
        instruction: 'r',
        before: expect.not.stringContaining('known_trip_count'),
        after: expect.stringContaining('"n":"7"'),
        note: 'the trips of a loop: 7 trips are promised, the loop makes 5',
      },
    ]);
  });
});

describe('random numbers', () => {
  const drawn = (distribution: string, name = 'r') =>
    parseModule(`HloModule m
      ENTRY e { l = f32[] constant(0)
        h = f32[] constant(1)
        ${name} = f32[8] rng(l, h), distribution=${distribution}
        ROOT s = f32[8] negate(${name}) }`);

  it('of another distribution are told', () => {
    const [b, a] = [drawn('rng_normal'), drawn('rng_uniform')];
    const pairs = changedDraws(b, a).map((both) => both.map((d) => d.instruction.name));
    expect(pairs).toEqual([['r', 'r']]);
    expect(changedDraws(b, b)).toEqual([]);
    expect(changedDraws(b, drawn('rng_uniform', 'bits'))).toEqual([]);
  });

  it('of a state that moves on by another step are told', () => {
    const moved = (delta: number) => `HloModule m
      ENTRY e { ROOT s = u64[2] rng-get-and-update-state(), delta=${delta} }`;
    const said = (after: number) =>
      compared(moved(1), moved(after), reassociates, ['typical']).findings.map((f) => f.note);
    expect(said(2)).toEqual(['the hidden state of random numbers moves on by another step']);
    expect(said(1)).toEqual([]);
  });
});
