/** Matrix products: MatMul, Gemm, Einsum and determinants of small matrices. */
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { matmul } from '../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

const gemm: Lower = (c) => {
  const { h } = c;
  const turned = (k: number, name: string) =>
    c.flag(name) ? h.transpose(c.input(k), [1, 0]) : c.input(k);
  const product = matmul(h, turned(0, 'transA'), turned(1, 'transB'));
  const scaled = times(h, product, c.float('alpha', 1));
  return c.inputs[2] ? h.add(scaled, times(h, c.input(2), c.float('beta', 1))) : scaled;
};

/** factor·x; a factor of 1 leaves x as it is, with no multiplication of its own. */
export function times(h: Hlo, x: Instruction, factor: number): Instruction {
  return factor === 1 ? x : h.mul(x, factor);
}

interface Term {
  readonly x: Instruction;
  readonly labels: readonly string[];
}

/** Einsum: operands are reduced to distinct labels, then multiplied two at a time by dot. */
const einsum: Lower = (c) => {
  const equation = c.string('equation', '').replace(/\s/g, '');
  const [left = '', right] = equation.split('->');
  const written = left.split(',');
  c.need(written.length === c.inputs.length, `"${equation}" has ${written.length} terms`);
  const terms = written.map((text, k) => labelled(c, c.input(k), text));
  const ellipsis = longestEllipsis(terms);
  const output =
    right === undefined ? implicitOutput(written, ellipsis) : expandLabels(right, ellipsis);
  const plain = terms.map((t) => diagonals(c.h, t));
  let result = plain[0]!;
  for (const [k, next] of plain.slice(1).entries()) {
    const later = new Set([...output, ...plain.slice(k + 2).flatMap((t) => t.labels)]);
    result = contract(c.h, result, next, later);
  }
  return arrange(c, result, output);
};

/** Labels of a term; an ellipsis becomes numbered ones, counted from its end. */
function labelled(c: NodeContext, x: Instruction, text: string): Term {
  const named = text.replace('...', '').length;
  const extra = rankOf(x) - named;
  c.need(
    extra === 0 || (extra > 0 && text.includes('...')),
    `"${text}" does not fit rank ${rankOf(x)}`,
  );
  const labels = expandLabels(
    text,
    range(extra).map((k) => `.${extra - k}`),
  );
  return { x, labels };
}

function expandLabels(text: string, ellipsis: readonly string[]): string[] {
  const [before = '', after] = text.split('...');
  return after === undefined ? [...before] : [...before, ...ellipsis, ...after];
}

function longestEllipsis(terms: readonly Term[]): readonly string[] {
  const all = terms.map((t) => t.labels.filter((l) => l.startsWith('.')));
  return all.reduce((a, b) => (b.length > a.length ? b : a), []);
}

/** Labels that occur once, in order, after the ellipsis. */
function implicitOutput(written: readonly string[], ellipsis: readonly string[]): string[] {
  const letters = [...written.join('').replaceAll('.', '')];
  const once = letters.filter((l) => letters.filter((m) => m === l).length === 1);
  return [...ellipsis, ...once.sort()];
}

/** A label used twice selects the diagonal. */
function diagonals(h: Hlo, term: Term): Term {
  const twice = term.labels.findIndex((l, k) => term.labels.indexOf(l) < k);
  if (twice < 0) return term;
  const first = term.labels.indexOf(term.labels[twice]!);
  const dims = dimsOf(term.x);
  const same = h.compare('EQ', h.iota('s64', dims, first), h.iota('s64', dims, twice));
  const x = h.reduce('add', h.select(same, term.x, 0), [twice]);
  return diagonals(h, { x, labels: term.labels.filter((_, k) => k !== twice) });
}

/** Product of two terms, summed over the labels that nothing later needs. */
function contract(h: Hlo, a: Term, b: Term, later: ReadonlySet<string>): Term {
  const shared = a.labels.filter((l) => b.labels.includes(l));
  const summed = shared.filter((l) => !later.has(l));
  const batch = shared.filter((l) => later.has(l));
  const places = (t: Term, labels: readonly string[]) => labels.map((l) => t.labels.indexOf(l));
  const x = h.op('dot', [a.x, b.x], {
    lhs_batch_dims: places(a, batch),
    rhs_batch_dims: places(b, batch),
    lhs_contracting_dims: places(a, summed),
    rhs_contracting_dims: places(b, summed),
  });
  const free = (t: Term) => t.labels.filter((l) => !shared.includes(l));
  return { x, labels: [...batch, ...free(a), ...free(b)] };
}

function arrange(c: NodeContext, { x, labels }: Term, output: readonly string[]): Instruction {
  const gone = range(labels.length).filter((k) => !output.includes(labels[k]!));
  const kept = labels.filter((l) => output.includes(l));
  c.need(
    output.every((l) => kept.includes(l)),
    `the output labels ${output} are not all given`,
  );
  const sum = gone.length > 0 ? c.h.reduce('add', x, gone) : x;
  return c.h.transpose(
    sum,
    output.map((l) => kept.indexOf(l)),
  );
}

/** Determinant by expansion along the first row; for the small matrices of models. */
function determinant(h: Hlo, x: Instruction): Instruction {
  const dims = dimsOf(x);
  const n = dims.at(-1)!;
  const lead = dims.slice(0, -2);
  const row = lead.length;
  if (n === 0) return h.full(typeOf(x), lead, 1);
  const below = h.sliceDim(x, row, 1, n);
  const terms = range(n).map((k) => {
    const cell = h.sliceDim(h.sliceDim(x, row, 0, 1), row + 1, k, k + 1);
    const minor = [h.sliceDim(below, row + 1, 0, k), h.sliceDim(below, row + 1, k + 1, n)];
    return h.mul(h.reshape(cell, lead), determinant(h, h.concat(minor, row + 1)));
  });
  return terms.reduce((sum, t, k) => (k % 2 ? h.sub(sum, t) : h.add(sum, t)));
}

const det: Lower = (c) => {
  const n = c.dims(0).at(-1)!;
  if (n > 6) c.refuse(`determinants of ${n}×${n} matrices; 6×6 at most`);
  return determinant(c.h, c.input(0));
};

/** Rows by operator of the standard domain. */
export const linear: LowerTable = {
  Det: det,
  Einsum: einsum,
  Gemm: gemm,
  MatMul: (c) => matmul(c.h, c.input(0), c.input(1)),
};
