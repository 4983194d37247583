/** TfIdfVectorizer: how often n-grams of integers occur, with gaps of every allowed size. */
import type { Instruction } from '../../../../ir/module.ts';
import { tensorOf } from '../../../../ir/tensor.ts';
import { dimsOf, type Hlo, range } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';

interface Gram {
  readonly words: readonly number[];
  /** Where its count stands in the output. */
  readonly index: number;
  readonly weight: number;
}

/** The n-grams of the pool: `ngram_counts` tells where those of each length begin. */
function gramsOf(c: NodeContext): Gram[] {
  const pool =
    c.ints('pool_int64s') ?? c.refuse('strings have no HLO type', 'onnx/unsupported-type');
  const starts = c.ints('ngram_counts') ?? [];
  const indexes = c.ints('ngram_indexes') ?? [];
  const weights = c.floats('weights');
  const grams: Gram[] = [];
  for (const [k, start] of starts.entries()) {
    const inPool = start >= 0 && start <= (starts[k + 1] ?? pool.length) && start <= pool.length;
    c.need(inPool, `ngram_counts {${starts}} must ascend within the pool of ${pool.length}`);
    for (let at = start; at + k < (starts[k + 1] ?? pool.length); at += k + 1) {
      const number = grams.length;
      const words = pool.slice(at, at + k + 1);
      grams.push({ words, index: indexes[number] ?? number, weight: weights?.[number] ?? 1 });
    }
  }
  return grams;
}

/** Occurrences of words `gap` apart in rows [N, C]; [N] as f32. */
function occurrences(h: Hlo, x: Instruction, words: readonly number[], gap: number): Instruction {
  const [n, length] = dimsOf(x) as [number, number];
  const places = length - (words.length - 1) * gap;
  if (places <= 0) return h.full('f32', [n], 0);
  const hits = words.map((w, k) => {
    return h.compare('EQ', h.sliceDim(x, 1, k * gap, k * gap + places), w);
  });
  const all = hits.reduce((a, b) => h.and(a, b));
  return h.reduce('add', h.convert(all, 'f32'), [1]);
}

const vectorize: Lower = (c) => {
  const { h } = c;
  const mode = c.word('mode', 'TF', ['TF', 'IDF', 'TFIDF']);
  const given = c.input(0);
  const flat = dimsOf(given).length === 1;
  const x = h.convert(flat ? h.reshape(given, [1, ...dimsOf(given)]) : given, 's64');
  const [least, most] = [c.int('min_gram_length', 1), c.int('max_gram_length', 1)];
  const grams = gramsOf(c).filter((g) => g.words.length >= least && g.words.length <= most);
  const width = grams.reduce((most, g) => Math.max(most, g.index + 1), 1);
  c.need(
    grams.every((g) => g.index >= 0),
    'ngram_indexes must not be negative',
  );
  const skips = c.int('max_skip_count', 0);
  c.need(skips >= 0, `max_skip_count=${skips} must not be negative`);
  const gaps = range(Math.min(skips + 1, dimsOf(x)[1]!), 1);
  const columns = range(width).map(() => h.full('f32', [dimsOf(x)[0]!], 0));
  for (const { words, index, weight } of grams) {
    const own = words.length === 1 ? [1] : gaps;
    const total = own.map((g) => occurrences(h, x, words, g)).reduce((a, b) => h.add(a, b));
    const seen = mode === 'IDF' ? h.convert(h.compare('GT', total, 0), 'f32') : total;
    columns[index] = h.add(columns[index]!, mode === 'TF' ? seen : h.mul(seen, weight));
  }
  const y = h.concat(
    columns.map((v) => h.reshape(v, [dimsOf(v)[0]!, 1])),
    1,
  );
  return flat ? h.reshape(y, [width]) : y;
};

const binarizer: Lower = (c) => {
  const x = c.input(0);
  return c.h.select(c.h.compare('GT', x, c.float('threshold', 0)), c.h.fullLike(x, 1), 0);
};

/** The columns of x at the given numbers. */
const arrayFeatureExtractor: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const last = dimsOf(x).length - 1;
  const [n] = [dimsOf(c.input(1)).reduce((a, b) => a * b, 1)];
  return h.op('gather', [x, h.reshape(c.input(1), [n])], {
    offset_dims: range(last),
    collapsed_slice_dims: [last],
    start_index_map: [last],
    index_vector_dim: 1,
    slice_sizes: dimsOf(x).map((d, k) => (k === last ? 1 : d)),
  });
};

/** (x − offset) · scale, feature by feature. */
const scaler: Lower = (c) => {
  const { h } = c;
  const vector = (name: string, fallback: number) => {
    const values = c.floats(name) ?? [fallback];
    return h.constant(tensorOf('f32', [values.length], values));
  };
  return h.mul(h.sub(h.convert(c.input(0), 'f32'), vector('offset', 0)), vector('scale', 1));
};

/** Rows by operator of the standard domain. */
export const vectorizer: LowerTable = { TfIdfVectorizer: vectorize };

/** The rows of ai.onnx.ml that are plain tensor arithmetic. */
export const classicMl: LowerTable = {
  ArrayFeatureExtractor: arrayFeatureExtractor,
  Binarizer: binarizer,
  Scaler: scaler,
};
