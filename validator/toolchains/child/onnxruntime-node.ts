/** Runs an ONNX graph by onnxruntime-node, inside a child process. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Dtype, decodeData, encodeData } from '../../../golden/store/dtypes.ts';
import { isRecord } from '../../../golden/store/json.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensor } from '../../../graphs/ir/tensor.ts';
import type { elementTypesTaken } from '../onnxruntime-node.ts';
import { files, type Request } from '../protocol.ts';
import { serve } from './serve.ts';

/** The part of the package's interface that is used; all versions have it. */
interface Library {
  readonly InferenceSession: {
    create(path: string, options: Readonly<Record<string, unknown>>): Promise<Session>;
  };
  readonly Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => unknown;
}

interface Session {
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<unknown>;
}

interface Carried {
  /** The package's name of the type. */
  readonly type: string;
  readonly dtype: Dtype;
  /** The array that it takes for it. */
  readonly array: new (
    buffer: ArrayBufferLike,
  ) => ArrayBufferView;
}

const carried: { readonly [T in (typeof elementTypesTaken)[number]]: Carried } = {
  pred: { type: 'bool', dtype: 'BOOL', array: Uint8Array },
  s8: { type: 'int8', dtype: 'I8', array: Int8Array },
  u8: { type: 'uint8', dtype: 'U8', array: Uint8Array },
  s16: { type: 'int16', dtype: 'I16', array: Int16Array },
  u16: { type: 'uint16', dtype: 'U16', array: Uint16Array },
  s32: { type: 'int32', dtype: 'I32', array: Int32Array },
  u32: { type: 'uint32', dtype: 'U32', array: Uint32Array },
  s64: { type: 'int64', dtype: 'I64', array: BigInt64Array },
  u64: { type: 'uint64', dtype: 'U64', array: BigUint64Array },
  f16: { type: 'float16', dtype: 'F16', array: Uint16Array },
  f32: { type: 'float32', dtype: 'F32', array: Float32Array },
  f64: { type: 'float64', dtype: 'F64', array: Float64Array },
};

await serve(async (folder, request) => {
  const library = loadLibrary(request);
  const saved = request.saveOptimized ? { optimizedModelFilePath: files.optimized(folder) } : {};
  const options = { ...request.options, ...saved };
  const session = await library.InferenceSession.create(files.graph(folder), options);
  return async (inputs) => {
    const feeds = [...inputs].map(([name, value]) => [name, toLibrary(library, name, value)]);
    const found = await session.run(Object.fromEntries(feeds));
    return new Map(session.outputNames.map((name) => [name, fromLibrary(name, found)]));
  };
});

function loadLibrary({ home, library }: Request): Library {
  return createRequire(join(home, 'package.json'))(library) as Library;
}

function toLibrary(library: Library, name: string, { shape, data }: Tensor): unknown {
  const how: Carried | undefined = (carried as Partial<Record<ElementType, Carried>>)[shape.type];
  if (!how) throw new Error(`input ${name}: onnxruntime-node takes no ${shape.type}`);
  const bytes = encodeData(how.dtype, data);
  return new library.Tensor(how.type, new how.array(bytes.buffer), shape.dims);
}

function fromLibrary(name: string, found: unknown): Tensor {
  const value = isRecord(found) ? found[name] : undefined;
  if (!isRecord(value)) throw new Error(`the library returned no output ${name}`);
  const { type, data, dims } = value;
  const [element, how] = Object.entries(carried).find(([, c]) => c.type === type) ?? [];
  if (!how) throw new Error(`output ${name}: type ${String(type)} is not read`);
  if (!ArrayBuffer.isView(data) || !Array.isArray(dims)) {
    throw new Error(`output ${name}: the library returned no data and sizes`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const shape = arrayShape(element as ElementType, dims.map(Number));
  return tensor(shape, decodeData(how.dtype, bytes, element as ElementType));
}
