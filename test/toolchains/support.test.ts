/** What ONNX Runtime does not know is told from what it gets wrong, by its own messages. */
import { expect, it } from 'vitest';
import { withoutSupport } from '../../validator/toolchains/onnxruntime-node.ts';
import { model, node, value } from '../support/onnx-model.ts';

const graph = model({
  node: [node('RoiAlign', ['x'], ['y'])],
  input: [value('x', [2])],
  output: [value('y', [2])],
});

it.each([
  ["Could not find an implementation for RoiAlign(22) node with name ''", 'unavailable'],
  ["Could not find an implementation for FusedRoiAlign(1) node with name ''", 'error'],
  ['No Op registered for RoiAlign with domain_version of 22', 'unavailable'],
  ['Unsupported model IR version: 10, max supported IR version: 8', 'unavailable'],
  [
    'Opset 27 is under development and support for this is limited. Current official support',
    'unavailable',
  ],
  ['Current official support for domain ai.onnx is till opset 26.', 'unavailable'],
  [
    'Batchwise recurrent operations (layout == 1) are not supported. If you need support create a github issue with justification.',
    'unavailable',
  ],
  ['input does not have rank 2', 'error'],
  ['GEMM: Dimension mismatch, W: {4,5}', 'error'],
])('%s: %s', (message, outcome) => {
  const reason = `Load model failed: ${message}`;
  const result = { case: 'a', outcome: 'error', reason } as const;
  expect(withoutSupport(result, graph)).toEqual({ ...result, outcome });
  const crash = { case: 'a', outcome: 'crashed', reason } as const;
  expect(withoutSupport(crash, graph)).toEqual(crash);
});
