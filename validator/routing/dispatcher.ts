/**
 * A dispatcher as a file tells it: one model compiled in several variants, by how much of a size each holds;
 * the rules that name the variant of a request; whether the later requests of a session stay where its first
 * one went; and golden requests.
 */
import { isRecord } from '../../golden/store/json.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';

/** Which axis of an input or output has the size of the request, and what fills the rest of it. */
export interface SizedAxis {
  readonly axis: number;
  /** Of inputs: the number beyond the request; default 0. */
  readonly pad: number;
}

/** Requests of these sizes go to these variants. */
export interface Rule {
  readonly name: string;
  /** Bounds of the size, both included. */
  readonly atLeast: number;
  readonly atMost: number;
  /** Shares of the requests, by variant: above 0, together 1. */
  readonly to: ReadonlyMap<string, number>;
}

/** A golden request. */
export interface Request {
  readonly name: string;
  readonly size: number;
  /** Requests of one session follow each other in the order of the file. */
  readonly session?: string;
  /** The variant that served it, where that was observed. */
  readonly served?: string;
}

/** What a dispatcher's file says. */
export interface Dispatcher {
  /** What the requests are told apart by, e.g. `tokens`. */
  readonly sizeName: string;
  /** By parameter and by output; undefined where the size of the request does not stand in it. */
  readonly inputs: readonly (SizedAxis | undefined)[];
  readonly outputs: readonly (SizedAxis | undefined)[];
  /** Files of the graphs, by variant. */
  readonly variants: ReadonlyMap<string, string>;
  /** The variant that the others are held against where it can hold the request. */
  readonly reference?: string;
  /** What variants may differ by, as a contract is written. */
  readonly contract: string;
  /** The first that holds of a request is its rule. */
  readonly rules: readonly Rule[];
  readonly sticky: boolean;
  readonly requests: readonly Request[];
}

const keys = [
  ...['size', 'inputs', 'outputs', 'variants', 'reference', 'contract', 'rules', 'sticky'],
  'requests',
];

/**
 * Reads a dispatcher.
 *
 * @param lines reads a file of requests, one JSON object a line, that the dispatcher names
 * @throws AssayError `routing/file` with the place in the document and what may stand there
 */
export function readDispatcher(
  text: string,
  file: string,
  lines: (name: string) => string,
): Dispatcher {
  const at = new Reader(file);
  const document = at.object(at.json(text, ''), '', keys);
  const sizeName = at.text(document.size ?? 'size', 'size');
  const named = at.object(document.variants, 'variants');
  const variants = new Map(
    Object.entries(named).map(([name, graph]) => [name, at.text(graph, `variants.${name}`)]),
  );
  if (variants.size === 0) at.refuse('variants', 'name at least one: { "short": "short.hlo" }');
  const variant = (value: unknown, place: string): string => {
    const name = at.text(value, place);
    if (variants.has(name)) return name;
    return at.refuse(place, `no variant "${name}"; there are: ${[...variants.keys()].join(', ')}`);
  };
  const { reference, sticky = false, contract = 'widens' } = document;
  return {
    ...{ sizeName, variants, contract: at.text(contract, 'contract') },
    inputs: at.list(document.inputs, 'inputs').map((v, k) => at.axis(v, `inputs[${k}]`)),
    outputs: at.list(document.outputs, 'outputs').map((v, k) => at.axis(v, `outputs[${k}]`)),
    ...(reference !== undefined && { reference: variant(reference, 'reference') }),
    rules: at.list(document.rules, 'rules').map((v, k) => at.rule(v, `rules[${k}]`, variant)),
    sticky: typeof sticky === 'boolean' ? sticky : at.refuse('sticky', 'true or false'),
    requests: at
      .requests(document.requests, lines)
      .map(([v, place]) => at.request(v, place, sizeName, variant)),
  };
}

type Named = (value: unknown, place: string) => string;

/** Values of the document by their place in it. */
class Reader {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  refuse(place: string, remedy: string): never {
    const { file } = this;
    return fail('routing/file', `${place === '' ? 'the file' : place}: ${remedy}`, { file });
  }

  json(text: string, place: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      return this.refuse(place, `no JSON (${(error as Error).message})`);
    }
  }

  object(value: unknown, place: string, known?: readonly string[]) {
    if (!isRecord(value)) return this.refuse(place, 'should be an object');
    const strange = known && Object.keys(value).find((key) => !known.includes(key));
    if (strange === undefined) return value;
    return this.refuse(place, `no field "${strange}"; there are: ${known!.join(', ')}`);
  }

  list(value: unknown, place: string): readonly unknown[] {
    return Array.isArray(value) ? value : this.refuse(place, 'should be a list');
  }

  text(value: unknown, place: string): string {
    return typeof value === 'string' && value !== '' ? value : this.refuse(place, 'should be text');
  }

  whole(value: unknown, place: string): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    return this.refuse(place, 'should be a whole number');
  }

  axis(value: unknown, place: string): SizedAxis | undefined {
    if (value === null) return undefined;
    const { axis, pad = 0 } = this.object(value, place, ['axis', 'pad']);
    if (typeof pad !== 'number') return this.refuse(`${place}.pad`, 'should be a number');
    return { axis: this.whole(axis, `${place}.axis`), pad };
  }

  rule(value: unknown, place: string, variant: Named): Rule {
    const known = ['name', 'atLeast', 'atMost', 'to'];
    const { name, atLeast = 0, atMost, to } = this.object(value, place, known);
    return {
      name: this.text(name, `${place}.name`),
      atLeast: this.whole(atLeast, `${place}.atLeast`),
      atMost:
        atMost === undefined ? Number.POSITIVE_INFINITY : this.whole(atMost, `${place}.atMost`),
      to: this.shares(to, `${place}.to`, variant),
    };
  }

  private shares(value: unknown, place: string, variant: Named): Rule['to'] {
    if (typeof value === 'string') return new Map([[variant(value, place), 1]]);
    const given = Object.entries(this.object(value, place));
    const shares = new Map<string, number>();
    for (const [name, share] of given) {
      if (typeof share !== 'number' || !(share > 0)) this.refuse(place, 'shares are above 0');
      shares.set(variant(name, place), share as number);
    }
    const sum = [...shares.values()].reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) < 1e-9) return shares;
    return this.refuse(place, `shares are ${sum} together; they should be 1`);
  }

  /** The requests with their places: in the document, or a line each in a file of their own. */
  requests(
    value: unknown,
    lines: (name: string) => string,
  ): readonly (readonly [unknown, string])[] {
    if (typeof value !== 'string') {
      return this.list(value, 'requests').map((v, k) => [v, `requests[${k}]`] as const);
    }
    const rows = lines(value)
      .split('\n')
      .map((line, k) => [line, `${value}:${k + 1}`] as const);
    return rows
      .filter(([line]) => line.trim() !== '')
      .map(([line, place]) => [this.json(line, place), place] as const);
  }

  request(value: unknown, place: string, sizeName: string, variant: Named): Request {
    const known = ['name', sizeName, 'session', 'served'];
    const request = this.object(value, place, known);
    const { name, session, served } = request;
    return {
      name: name === undefined ? place : this.text(name, `${place}.name`),
      size: this.whole(request[sizeName], `${place}.${sizeName}`),
      ...(session !== undefined && { session: this.text(session, `${place}.session`) }),
      ...(served !== undefined && { served: variant(served, `${place}.served`) }),
    };
  }
}
