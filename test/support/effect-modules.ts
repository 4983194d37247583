/** Small modules with acts on the world outside and with promises, written in few words. */
import type { Contract } from '../../graphs/ir/contract.ts';
import { compared } from './compared.ts';

/** One act each, by names and operands. */
export const out = (name: string, what = 'x', after = 't') =>
  `${name} = token[] outfeed(${what}, ${after})`;
export const print = (name: string, of: string, more = '') =>
  `${name} = () custom-call(${of}), custom_call_target="print", custom_call_has_side_effect=true${more}`;
export const send = (channel: number, what = 'x') =>
  `s = (f32[4], u32[], token[]) send(${what}, t), channel_id=${channel}, is_host_transfer=true
   d = token[] send-done(s), channel_id=${channel}, is_host_transfer=true`;
export const recv = (channel: number, after = 't') =>
  `v = (f32[4], u32[], token[]) recv(${after}), channel_id=${channel}, is_host_transfer=true
   w = (f32[4], token[]) recv-done(v), channel_id=${channel}, is_host_transfer=true
   g = f32[4] get-tuple-element(w), index=0`;
export const feed = (name: string, after = 't') => `${name} = (f32[4], token[]) infeed(${after})
   ${name}v = f32[4] get-tuple-element(${name}), index=0  ${name}t = token[] get-tuple-element(${name}), index=1`;
export const root = (what: string) => `ROOT r = f32[4] ${what}`;

/** A module of one computation over x and y, f32[4]. */
export const entry = (
  body: string,
  root = 'ROOT r = f32[4] add(x, y)',
  header = '',
) => `HloModule m${header}
ENTRY e { x = f32[4] parameter(0)  y = f32[4] parameter(1)  t = token[] after-all()
  ${body}
  ${root} }`;

/** A loop over (i, x) of so many trips, whose body may act outside. */
export const loop = (
  trips: number,
  body: string,
  { step = 'multiply(v, half)', config = '' }: { step?: string; config?: string } = {},
) => `HloModule m
below { st = (s32[], f32[4]) parameter(0)  i = s32[] get-tuple-element(st), index=0
  n = s32[] constant(${trips})  ROOT c = pred[] compare(i, n), direction=LT }
body { st = (s32[], f32[4]) parameter(0)  i = s32[] get-tuple-element(st), index=0
  v = f32[4] get-tuple-element(st), index=1  k = s32[] constant(1)  j = s32[] add(i, k)
  h = f32[] constant(0.5)  half = f32[4] broadcast(h), dimensions={}  t = token[] after-all()
  ${body}
  w = f32[4] ${step}  ROOT q = (s32[], f32[4]) tuple(j, w) }
ENTRY e { x = f32[4] parameter(0)  z = s32[] constant(0)  s = (s32[], f32[4]) tuple(z, x)
  ROOT r = (s32[], f32[4]) while(s), condition=below, body=body${config && `, backend_config=${config}`} }`;

/** A branch on a predicate, each side of which may act outside. */
export const branch = (
  onTrue: string,
  onFalse: string,
  root = 'conditional(p, a, a), true_computation=on, false_computation=off',
) => `HloModule m
on { v = f32[4] parameter(0)  t = token[] after-all()
  ${onTrue}
  ROOT w = f32[4] add(v, v) }
off { v = f32[4] parameter(0)  t = token[] after-all()
  ${onFalse}
  ROOT w = f32[4] multiply(v, v) }
ENTRY e { p = pred[] parameter(0)  a = f32[4] parameter(1)  n = pred[] not(p)
  ROOT r = f32[4] ${root} }`;

/** A scatter that adds six updates. */
export const scatter = (indices: string, promises = '') => `HloModule m
sum { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT c = f32[] add(a, b) }
ENTRY e { a = f32[64] parameter(0)  p = s32[6,1] parameter(1)  u = f32[6] parameter(2)
  ${indices}
  ROOT r = f32[64] scatter(a, i, u), update_window_dims={}, inserted_window_dims={0},
    scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=sum${promises} }`;

/** A sort of keys with something that goes along. */
export const sort = (operands: string, compare: string, flags = '') => `HloModule m
less { a = s32[] parameter(0)  b = s32[] parameter(1)  c = s32[] parameter(2)  d = s32[] parameter(3)
  ${compare} }
ENTRY e { k = s32[32] parameter(0)  v = s32[32] parameter(1)  n = s32[32] iota(), iota_dimension=0
  ROOT r = (s32[32], s32[32]) sort(${operands}), dimensions={0}, to_apply=less${flags} }`;

/** What a table says of a pair, and the pair. */
export type EffectRow = readonly [
  name: string,
  contract: Contract,
  expected: 'silent' | 'beyond',
  before: string,
  after: string,
];

/** What is said of a row's pair: its verdict, `silent` where nothing is found and nothing is open. */
export function outcomeOf([, contract, , before, after]: EffectRow): string {
  const { verdict, findings } = compared(before, after, contract, ['typical', 'ties', 'extremes']);
  const isSilent = ['identical', 'within', 'tie'].includes(verdict) && findings.length === 0;
  if (isSilent) return 'silent';
  return findings.length ? verdict : `${verdict}, without a finding`;
}

/** What is said of each module of a row held against itself; nothing should be. */
export function saidOfSame([, contract, , before, after]: EffectRow): object[] {
  return [before, after].flatMap((text) => {
    const { verdict, findings, skipped } = compared(text, text, contract, ['typical']);
    return [...findings, ...skipped, ...(verdict === 'identical' ? [] : [{ verdict }])];
  });
}
