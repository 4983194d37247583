/**
 * The messages of ONNX that the importer reads: field numbers as in onnx.proto, names in camel
 * case. Fields without meaning for the importer (documentation, producer) are left out and skipped.
 */
import { decodeMessage, encodeMessage, many, one, type Schema, sub, subs } from './wire.ts';

/** A model file. */
export interface ModelProto {
  readonly irVersion?: bigint;
  readonly opsetImport: readonly OperatorSet[];
  readonly graph?: GraphProto;
  readonly functions: readonly FunctionProto[];
}

/** A version of a domain's operators; the standard domain is the empty string or absent. */
export interface OperatorSet {
  readonly domain?: string;
  readonly version?: bigint;
}

/**
 * A graph: nodes in an order in which values come before their use, named constants, inputs and
 * outputs.
 */
export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name?: string;
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
  readonly input: readonly ValueInfo[];
  readonly output: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
}

/** A call of an operator; an empty name stands for an optional input or output that is left out. */
export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly attribute: readonly AttributeProto[];
}

/** An attribute: one of the fields holds its value, the lists where it is a list. */
export interface AttributeProto {
  readonly name?: string;
  /** In a function: the attribute of the call that gives the value. */
  readonly refAttrName?: string;
  /** ONNX's number of the field that holds the value. */
  readonly type?: number;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
  readonly strings: readonly Uint8Array[];
  readonly graphs: readonly GraphProto[];
}

/**
 * A tensor: elements little-endian in `rawData`, in a list by type, or outside the file. `dataType`
 * and `dataLocation` are ONNX's numbers.
 */
export interface TensorProto {
  readonly name?: string;
  readonly dims: readonly bigint[];
  readonly dataType?: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly bigint[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly bigint[];
  readonly rawData?: Uint8Array;
  readonly externalData: readonly { readonly key?: string; readonly value?: string }[];
  readonly dataLocation?: number;
}

/** A sparse tensor: values and where they stand, as places in row-major order or index vectors. */
export interface SparseTensorProto {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims: readonly bigint[];
}

/** The name and type of a value. */
export interface ValueInfo {
  readonly name?: string;
  readonly type?: TypeProto;
}

/** A type: one of the fields is there. */
export interface TypeProto {
  readonly tensorType?: {
    readonly elemType?: number;
    readonly shape?: { readonly dim: readonly Dimension[] };
  };
  readonly sequenceType?: unknown;
  readonly mapType?: unknown;
  readonly optionalType?: unknown;
  readonly sparseTensorType?: unknown;
}

/** A size: a number, a name, or neither where nothing is known. */
export interface Dimension {
  readonly dimValue?: bigint;
  readonly dimParam?: string;
}

/**
 * A function that nodes may call as an operator; `attributeProto` are the attributes with defaults.
 */
export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Names of the attributes that have no default. */
  readonly attribute: readonly string[];
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly OperatorSet[];
}

/** A model from the bytes of an .onnx file. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return decodeMessage(bytes, 'Model', onnxSchema) as ModelProto;
}

/** The bytes of an .onnx file; what `decodeModel` skips (documentation, producer) is not in it. */
export function encodeModel(model: ModelProto): Uint8Array {
  return encodeMessage(model, 'Model', onnxSchema);
}

/** A tensor from the bytes of a .pb file, as the test data of ONNX hold it. */
export function decodeTensorProto(bytes: Uint8Array): TensorProto {
  return decodeMessage(bytes, 'Tensor', onnxSchema) as TensorProto;
}

/** Field tables of every message, by message name. */
export const onnxSchema: Schema = {
  Model: {
    1: one('irVersion', 'int64'),
    7: sub('graph', 'Graph'),
    8: subs('opsetImport', 'OperatorSet'),
    25: subs('functions', 'Function'),
  },
  OperatorSet: { 1: one('domain', 'string'), 2: one('version', 'int64') },
  Graph: {
    1: subs('node', 'Node'),
    2: one('name', 'string'),
    5: subs('initializer', 'Tensor'),
    11: subs('input', 'ValueInfo'),
    12: subs('output', 'ValueInfo'),
    13: subs('valueInfo', 'ValueInfo'),
    15: subs('sparseInitializer', 'SparseTensor'),
  },
  Node: {
    1: many('input', 'string'),
    2: many('output', 'string'),
    3: one('name', 'string'),
    4: one('opType', 'string'),
    5: subs('attribute', 'Attribute'),
    7: one('domain', 'string'),
  },
  Attribute: {
    1: one('name', 'string'),
    2: one('f', 'float'),
    3: one('i', 'int64'),
    4: one('s', 'bytes'),
    5: sub('t', 'Tensor'),
    6: sub('g', 'Graph'),
    7: many('floats', 'float'),
    8: many('ints', 'int64'),
    9: many('strings', 'bytes'),
    11: subs('graphs', 'Graph'),
    20: one('type', 'int32'),
    21: one('refAttrName', 'string'),
    22: sub('sparseTensor', 'SparseTensor'),
  },
  Tensor: {
    1: many('dims', 'int64'),
    2: one('dataType', 'int32'),
    4: many('floatData', 'float'),
    5: many('int32Data', 'int32'),
    7: many('int64Data', 'int64'),
    8: one('name', 'string'),
    9: one('rawData', 'bytes'),
    10: many('doubleData', 'double'),
    11: many('uint64Data', 'uint64'),
    13: subs('externalData', 'Entry'),
    14: one('dataLocation', 'int32'),
  },
  SparseTensor: {
    1: sub('values', 'Tensor'),
    2: sub('indices', 'Tensor'),
    3: many('dims', 'int64'),
  },
  Entry: { 1: one('key', 'string'), 2: one('value', 'string') },
  ValueInfo: { 1: one('name', 'string'), 2: sub('type', 'Type') },
  Type: {
    1: sub('tensorType', 'TensorType'),
    4: sub('sequenceType', 'Opaque'),
    5: sub('mapType', 'Opaque'),
    8: sub('sparseTensorType', 'Opaque'),
    9: sub('optionalType', 'Opaque'),
  },
  Opaque: {},
  TensorType: { 1: one('elemType', 'int32'), 2: sub('shape', 'Shape') },
  Shape: { 1: subs('dim', 'Dimension') },
  Dimension: { 1: one('dimValue', 'int64'), 2: one('dimParam', 'string') },
  Function: {
    1: one('name', 'string'),
    4: many('input', 'string'),
    5: many('output', 'string'),
    6: many('attribute', 'string'),
    7: subs('node', 'Node'),
    9: subs('opsetImport', 'OperatorSet'),
    10: one('domain', 'string'),
    11: subs('attributeProto', 'Attribute'),
  },
};
