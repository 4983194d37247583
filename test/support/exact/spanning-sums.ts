/**
 * One sum in several forms, as HLO text: all forms of a family take the same parameters and add up the
 * same terms. `wrong` are forms with a term lost, doubled or of the wrong sign.
 */
export interface Family {
  readonly name: string;
  readonly parameters: string;
  readonly result: string;
  /** Bodies by what they are; T stands for the element type, r is the result. */
  readonly forms: Readonly<Record<string, string>>;
  readonly wrong: Readonly<Record<string, string>>;
  /** Computations that the bodies call, beside `add`. */
  readonly called?: string;
}

const state = '(s32[], T[6,8], T[6])';

const loop = (name: string, step: number, until: number, turn: string) =>
  `${name}_more { s = ${state} parameter(0)  i = s32[] get-tuple-element(s), index=0
    n = s32[] constant(${until})  ROOT c = pred[] compare(i, n), direction=NE }
   ${name}_turn { s = ${state} parameter(0)  i = s32[] get-tuple-element(s), index=0
    x = T[6,8] get-tuple-element(s), index=1  a = T[6] get-tuple-element(s), index=2
    o = s32[] constant(${step})  j = s32[] add(i, o)  k = s32[] constant(0)
    ${turn}
    ROOT t = ${state} tuple(j, x, b) }`;

const column = `l = T[6,1] dynamic-slice(x, k, i), dynamic_slice_sizes={6,1}  c = T[6] reshape(l)`;
const run = (name: string, from: number) =>
  `i0 = s32[] constant(${from})  zs = T[6] broadcast(z), dimensions={}
   t0 = ${state} tuple(i0, x, zs)
   w = ${state} while(t0), condition=${name}_more, body=${name}_turn
   ROOT r = T[6] get-tuple-element(w), index=2`;

const slices = Array.from(
  { length: 8 },
  (_, k) => `s${k} = T[6,1] slice(x), slice={[0:6],[${k}:${k + 1}]}  c${k} = T[6] reshape(s${k})`,
).join('\n');
const addAll = (list: readonly string[]) =>
  list.slice(1).map((c, k) => `a${k + 1} = T[6] add(${k === 0 ? list[0] : `a${k}`}, ${c})`);
const columns = Array.from({ length: 8 }, (_, k) => `c${k}`);

const rows: Family = {
  name: 'rows of a matrix',
  parameters: 'x = T[6,8] parameter(0)  z = T[] constant(0)',
  result: 'T[6]',
  called: [
    loop('up', 1, 8, `${column}  b = T[6] add(a, c)`),
    loop('down', -1, -1, `${column}  b = T[6] add(c, a)`),
    loop('short', 1, 7, `${column}  b = T[6] add(a, c)`),
    loop('minus', 1, 8, `${column}  b = T[6] subtract(a, c)`),
    loop(
      'pairs',
      2,
      8,
      `l = T[6,2] dynamic-slice(x, k, i), dynamic_slice_sizes={6,2}  z = T[] constant(0)
       c = T[6] reduce(l, z), dimensions={1}, to_apply=add  b = T[6] add(a, c)`,
    ),
  ].join('\n'),
  forms: {
    'one reduce': 'ROOT r = T[6] reduce(x, z), dimensions={1}, to_apply=add',
    'reduce of reduce': `y = T[6,2,4] reshape(x)
      a = T[6,2] reduce(y, z), dimensions={2}, to_apply=add
      ROOT r = T[6] reduce(a, z), dimensions={1}, to_apply=add`,
    'reduce of reduce of a transpose': `y = T[6,4,2] reshape(x)  u = T[2,6,4] transpose(y), dimensions={2,0,1}
      a = T[6,4] reduce(u, z), dimensions={0}, to_apply=add  v = T[4,6] transpose(a), dimensions={1,0}
      ROOT r = T[6] reduce(v, z), dimensions={0}, to_apply=add`,
    'a reduce of slices each': `p = T[6,3] slice(x), slice={[0:6],[0:3]}  q = T[6,5] slice(x), slice={[0:6],[3:8]}
      a = T[6] reduce(p, z), dimensions={1}, to_apply=add
      b = T[6] reduce(q, z), dimensions={1}, to_apply=add  ROOT r = T[6] add(a, b)`,
    'columns one by one': `${slices}\n${addAll(columns).join('\n')}\nROOT r = T[6] copy(a7)`,
    'columns in pairs': `${slices}
      d0 = T[6] add(c0, c1)  d1 = T[6] add(c2, c3)  d2 = T[6] add(c4, c5)  d3 = T[6] add(c6, c7)
      e0 = T[6] add(d0, d2)  e1 = T[6] add(d1, d3)  ROOT r = T[6] add(e0, e1)`,
    'halves folded': `p = T[6,4] slice(x), slice={[0:6],[0:4]}  q = T[6,4] slice(x), slice={[0:6],[4:8]}
      h = T[6,4] add(p, q)  s = T[6,2] slice(h), slice={[0:6],[0:4:2]}  t = T[6,2] slice(h), slice={[0:6],[1:4:2]}
      g = T[6,2] add(s, t)  v = T[6,2] reverse(g), dimensions={1}
      ROOT r = T[6] reduce(v, z), dimensions={1}, to_apply=add`,
    'padded halves': `p = T[6,4] slice(x), slice={[0:6],[0:4]}  q = T[6,4] slice(x), slice={[0:6],[4:8]}
      u = T[6,8] pad(p, z), padding=0_0x0_1_1  v = T[6,8] pad(q, z), padding=0_0x1_0_1
      h = T[6,8] add(u, v)  g = T[6,2,4] reshape(h)  a = T[6,2] reduce(g, z), dimensions={2}, to_apply=add
      ROOT r = T[6] reduce(a, z), dimensions={1}, to_apply=add`,
    'parts concatenated': `p = T[6,4] slice(x), slice={[0:6],[0:4]}  q = T[6,4] slice(x), slice={[0:6],[4:8]}
      a = T[6] reduce(p, z), dimensions={1}, to_apply=add  b = T[6] reduce(q, z), dimensions={1}, to_apply=add
      c = T[6,1] reshape(a)  d = T[6,1] reshape(b)  e = T[6,2] concatenate(d, c), dimensions={1}
      ROOT r = T[6] reduce(e, z), dimensions={1}, to_apply=add`,
    'windows, then a reduce': `w = T[6,4] reduce-window(x, z), window={size=1x2 stride=1x2}, to_apply=add
      ROOT r = T[6] reduce(w, z), dimensions={1}, to_apply=add`,
    'the end of running sums': `w = T[6,8] reduce-window(x, z), window={size=1x8 pad=0_0x7_0}, to_apply=add
      l = T[6,1] slice(w), slice={[0:6],[7:8]}  ROOT r = T[6] reshape(l)`,
    'a scatter': `i = s32[8] constant({0, 0, 1, 1, 0, 1, 0, 1})  i2 = s32[8,1] reshape(i)
      t = T[8,6] transpose(x), dimensions={1,0}  zs = T[2,6] broadcast(z), dimensions={}
      s = T[2,6] scatter(zs, i2, t), update_window_dims={1}, inserted_window_dims={0},
        scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=add
      ROOT r = T[6] reduce(s, z), dimensions={0}, to_apply=add`,
    'a dot with ones': `o = T[] constant(1)  os = T[8] broadcast(o), dimensions={}
      ROOT r = T[6] dot(x, os), lhs_contracting_dims={1}, rhs_contracting_dims={0}`,
    'two dots with ones': `o = T[] constant(1)  os = T[4] broadcast(o), dimensions={}
      p = T[6,4] slice(x), slice={[0:6],[0:4]}  q = T[6,4] slice(x), slice={[0:6],[4:8]}
      a = T[6] dot(p, os), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      b = T[6] dot(q, os), lhs_contracting_dims={1}, rhs_contracting_dims={0}  ROOT r = T[6] add(b, a)`,
    'a reduce minus the negated rest': `p = T[6,3] slice(x), slice={[0:6],[0:3]}  q = T[6,5] slice(x), slice={[0:6],[3:8]}
      m = T[6,5] negate(q)  a = T[6] reduce(p, z), dimensions={1}, to_apply=add
      b = T[6] reduce(m, z), dimensions={1}, to_apply=add  ROOT r = T[6] subtract(a, b)`,
    'halved and doubled': `y = T[6,2,4] reshape(x)  h = T[] constant(0.5)  hs = T[6,2] broadcast(h), dimensions={}
      a = T[6,2] reduce(y, z), dimensions={2}, to_apply=add  b = T[6,2] multiply(a, hs)
      c = T[6] reduce(b, z), dimensions={1}, to_apply=add  d = T[6] broadcast(h), dimensions={}
      ROOT r = T[6] divide(c, d)`,
    'a loop': run('up', 0),
    'a loop downwards': run('down', 7),
    'a loop over pairs': run('pairs', 0),
    'an update in place': `y = T[6,2,4] reshape(x)  a = T[6,2] reduce(y, z), dimensions={2}, to_apply=add
      zs = T[6,3] broadcast(z), dimensions={}  k = s32[] constant(0)  o = s32[] constant(1)
      u = T[6,3] dynamic-update-slice(zs, a, k, o)
      ROOT r = T[6] reduce(u, z), dimensions={1}, to_apply=add`,
    'parts picked': `y = T[6,2,4] reshape(x)  a = T[6,2] reduce(y, z), dimensions={2}, to_apply=add
      i = s32[2,1] constant({{1},{0}})
      g = T[6,2] gather(a, i), offset_dims={0}, collapsed_slice_dims={1}, start_index_map={1},
        index_vector_dim=1, slice_sizes={6,1}
      n = pred[] constant(true)  ns = pred[6,2] broadcast(n), dimensions={}  zs = T[6,2] broadcast(z), dimensions={}
      s = T[6,2] select(ns, g, zs)  ROOT r = T[6] reduce(s, z), dimensions={1}, to_apply=add`,
  },
  wrong: {
    'the last term lost': `p = T[6,7] slice(x), slice={[0:6],[0:7]}
      ROOT r = T[6] reduce(p, z), dimensions={1}, to_apply=add`,
    'a term doubled': `p = T[6,4] slice(x), slice={[0:6],[0:4]}  q = T[6,5] slice(x), slice={[0:6],[3:8]}
      a = T[6] reduce(p, z), dimensions={1}, to_apply=add
      b = T[6] reduce(q, z), dimensions={1}, to_apply=add  ROOT r = T[6] add(a, b)`,
    'a wrong sign': `${slices}\n${addAll(columns).join('\n').replace('add(a3, c4)', 'subtract(a3, c4)')}
      ROOT r = T[6] copy(a7)`,
    'a loop too short': run('short', 0),
    'a loop that subtracts': run('minus', 0),
  },
};

const dots: Family = {
  name: 'products',
  parameters: `x = T[8,4] parameter(0)  w = T[4,8] parameter(1)  u = T[8,4] parameter(2)
    v = T[4,8] parameter(3)  c = T[8] parameter(4)  z = T[] constant(0)
    cs = T[8,8] broadcast(c), dimensions={1}`,
  result: 'T[8,8]',
  forms: {
    'joined dot': `l = T[8,8] concatenate(x, u), dimensions={1}  m = T[8,8] concatenate(w, v), dimensions={0}
      d = T[8,8] dot(l, m), lhs_contracting_dims={1}, rhs_contracting_dims={0}  ROOT r = T[8,8] add(d, cs)`,
    'dot + dot': `a = T[8,8] dot(x, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      b = T[8,8] dot(u, v), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d = T[8,8] add(a, b)  ROOT r = T[8,8] add(d, cs)`,
    'bias first': `a = T[8,8] dot(x, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      b = T[8,8] dot(u, v), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d = T[8,8] add(cs, b)  ROOT r = T[8,8] add(a, d)`,
    'bias as a column': `o = T[] constant(1)  os = T[8,1] broadcast(o), dimensions={}  c1 = T[1,8] reshape(c)
      l = T[8,9] concatenate(x, os, u), dimensions={1}  m = T[9,8] concatenate(w, c1, v), dimensions={0}
      ROOT r = T[8,8] dot(l, m), lhs_contracting_dims={1}, rhs_contracting_dims={0}`,
    'a dot transposed': `a = T[8,8] dot(w, x), lhs_contracting_dims={0}, rhs_contracting_dims={1}
      t = T[8,8] transpose(a), dimensions={1,0}
      b = T[8,8] dot(u, v), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d = T[8,8] add(b, cs)  ROOT r = T[8,8] add(d, t)`,
    'a batch of dots, reduced': `x1 = T[1,8,4] reshape(x)  u1 = T[1,8,4] reshape(u)  l = T[2,8,4] concatenate(x1, u1), dimensions={0}
      w1 = T[1,4,8] reshape(w)  v1 = T[1,4,8] reshape(v)  m = T[2,4,8] concatenate(w1, v1), dimensions={0}
      d = T[2,8,8] dot(l, m), lhs_batch_dims={0}, rhs_batch_dims={0}, lhs_contracting_dims={2}, rhs_contracting_dims={1}
      s = T[8,8] reduce(d, z), dimensions={0}, to_apply=add  ROOT r = T[8,8] add(s, cs)`,
    'a convolution': `l = T[8,8] concatenate(x, u), dimensions={1}  m = T[8,8] concatenate(w, v), dimensions={0}
      l1 = T[8,1,8] reshape(l)  m1 = T[1,8,8] reshape(m)
      d = T[8,1,8] convolution(l1, m1), window={size=1}, dim_labels=b0f_0io->b0f
      e = T[8,8] reshape(d)  ROOT r = T[8,8] add(cs, e)`,
    'outer products, one by one': `l = T[8,8] concatenate(x, u), dimensions={1}  m = T[8,8] concatenate(w, v), dimensions={0}
      lb = T[8,8,8] broadcast(l), dimensions={0,1}  mb = T[8,8,8] broadcast(m), dimensions={1,2}
      p = T[8,8,8] multiply(lb, mb)  s = T[8,8] reduce(p, z), dimensions={1}, to_apply=add
      ROOT r = T[8,8] add(s, cs)`,
  },
  wrong: {
    'a dot twice': `a = T[8,8] dot(x, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d = T[8,8] add(a, a)  ROOT r = T[8,8] add(d, cs)`,
    'no bias': `l = T[8,8] concatenate(x, u), dimensions={1}  m = T[8,8] concatenate(w, v), dimensions={0}
      ROOT r = T[8,8] dot(l, m), lhs_contracting_dims={1}, rhs_contracting_dims={0}`,
    'a product lost': `xs = T[8,3] slice(x), slice={[0:8],[0:3]}  ws = T[3,8] slice(w), slice={[0:3],[0:8]}
      a = T[8,8] dot(xs, ws), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      b = T[8,8] dot(u, v), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d = T[8,8] add(a, b)  ROOT r = T[8,8] add(d, cs)`,
    'a dot subtracted': `a = T[8,8] dot(x, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      b = T[8,8] dot(u, v), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d = T[8,8] subtract(a, b)  ROOT r = T[8,8] add(d, cs)`,
  },
};

export const families: readonly Family[] = [rows, dots];
