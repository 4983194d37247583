/** dim_labels of a convolution as text: `b01f_01io->b01f`, '?' for a dimension that has no role. */
import type { ConvDims } from '../ops/attr.ts';
import type { Scanner } from './scanner.ts';

interface Labels {
  readonly first: number;
  readonly second: number;
  readonly spatial: readonly number[];
}

/** Reads dim_labels. */
export function parseConvDims(s: Scanner): ConvDims {
  s.skip();
  const start = s.pos;
  const text = s.balanced('dim labels such as b01f_01io->b01f');
  const match = /^([0-9bf?]{2,})_([0-9io?]{2,})->([0-9bf?]{2,})$/.exec(text);
  if (!match)
    return s.fail('parse/dim-labels', `${text} is not of the form bf01_oi01->bf01`, start);
  const read = (labels: string, first: string, second: string) =>
    readLabels(s, labels, first, second, start);
  const input = read(match[1]!, 'b', 'f');
  const kernel = read(match[2]!, 'i', 'o');
  const output = read(match[3]!, 'b', 'f');
  const ranks = [input, kernel, output].map((l) => l.spatial.length);
  if (ranks[0] !== ranks[1] || ranks[0] !== ranks[2]) {
    s.fail('parse/dim-labels', `input, kernel and output have ${ranks} spatial dimensions`, start);
  }
  return {
    inputBatch: input.first,
    inputFeature: input.second,
    inputSpatial: input.spatial,
    kernelInputFeature: kernel.first,
    kernelOutputFeature: kernel.second,
    kernelSpatial: kernel.spatial,
    outputBatch: output.first,
    outputFeature: output.second,
    outputSpatial: output.spatial,
  };
}

function readLabels(
  s: Scanner,
  labels: string,
  first: string,
  second: string,
  start: number,
): Labels {
  const used = labels.replaceAll('?', '');
  const digits = [...used].filter((c) => c >= '0' && c <= '9');
  const spatial = digits.map((_, i) => labels.indexOf(String(i)));
  if (new Set(used).size !== used.length) {
    s.fail('parse/dim-labels', `${labels} names a dimension twice`, start);
  }
  if (spatial.includes(-1)) {
    s.fail('parse/dim-labels', `${labels} must number its spatial dimensions from 0`, start);
  }
  return { first: labels.indexOf(first), second: labels.indexOf(second), spatial };
}

/** Prints dim_labels. */
export function printConvDims(c: ConvDims): string {
  const input = labelText(c.inputBatch, 'b', c.inputFeature, 'f', c.inputSpatial);
  const kernel = labelText(c.kernelInputFeature, 'i', c.kernelOutputFeature, 'o', c.kernelSpatial);
  const output = labelText(c.outputBatch, 'b', c.outputFeature, 'f', c.outputSpatial);
  return `${input}_${kernel}->${output}`;
}

function labelText(
  first: number,
  firstLabel: string,
  second: number,
  secondLabel: string,
  spatial: readonly number[],
): string {
  const labels = new Array<string>(Math.max(1, first, second, ...spatial) + 1).fill('?');
  spatial.forEach((at, i) => {
    labels[at] = String(i);
  });
  if (first >= 0) labels[first] = firstLabel;
  if (second >= 0) labels[second] = secondLabel;
  return labels.join('');
}
