/**
 * The attributes after an instruction's operands: those of its row, and those that any
 * instruction may carry.
 */
import type { AttrSpec, AttrSpecs } from '../../ops/attr.ts';
import { type AttrContext, attrTexts } from '../attributes.ts';
import { nearest } from '../nearest.ts';
import type { ParseState, Scope } from './state.ts';

/** Attributes of any instruction, kept verbatim. */
const extraNames: ReadonlySet<string> = new Set([
  'backend_config',
  'frontend_attributes',
  'metadata',
  'origin',
  'parameter_replication',
  'sharding',
  'statistics',
]);

const predecessorsName = 'control-predecessors';

/** Attributes as found, before fallbacks are filled in. */
export interface FoundAttributes {
  readonly own: Map<string, unknown>;
  readonly extras: Record<string, string>;
  readonly controlPredecessors: number[];
}

/** Reads `, name=value` as long as there are any; none where they are not `allowed`. */
export function parseAttributes(
  state: ParseState,
  scope: Scope,
  specs: AttrSpecs,
  computation: () => string,
  allowed = true,
): FoundAttributes {
  const { s } = state;
  const own = new Map<string, unknown>();
  const extras: Record<string, string> = {};
  let controlPredecessors: number[] | undefined;
  while (allowed && s.accept(',')) {
    s.skip();
    const at = s.pos;
    const name = s.word();
    if (!name) s.unexpected('an attribute');
    const again =
      own.has(name) ||
      Object.hasOwn(extras, name) ||
      (name === predecessorsName && controlPredecessors);
    if (again) s.fail('parse/duplicate-attribute', `${name} is given twice; remove one`, at);
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (!spec && !extraNames.has(name) && name !== predecessorsName)
      unknown(state, name, specs, at);
    s.expect('=', `after the attribute ${name}`);
    if (spec) own.set(name, readAttribute(state, spec, computation));
    else if (name === predecessorsName) controlPredecessors = parsePredecessors(state, scope);
    else extras[name] = s.balanced(`the value of ${name}`);
  }
  return { own, extras, controlPredecessors: controlPredecessors ?? [] };
}

/** Reads one value of a kind. */
export function readAttribute(
  state: ParseState,
  spec: AttrSpec,
  computation: () => string,
): unknown {
  const context: AttrContext = { spec, computation };
  return attrTexts[spec.kind].read(state.s, context);
}

function unknown(state: ParseState, name: string, specs: AttrSpecs, at: number): never {
  const allowed = [...Object.keys(specs), ...extraNames, predecessorsName];
  const near = nearest(name, allowed);
  const own = Object.keys(specs).join(', ') || 'none of its own';
  const hint = near ? `did you mean ${near}?` : `this op has: ${own}`;
  return state.s.fail('parse/unknown-attribute', `unknown attribute ${name}; ${hint}`, at);
}

function parsePredecessors({ s }: ParseState, scope: Scope): number[] {
  return s.list('{', '}', 'a list of instructions', () => {
    s.skip();
    const at = s.pos;
    const name = s.name('the name of an instruction');
    const found = scope.byName.get(name);
    if (found) return found.id;
    return s.fail('parse/undefined-name', `%${name} is not defined before its use here`, at);
  });
}

/** The attributes of a row in its order, fallbacks filled in; `at` is the place to complain of. */
export function completeAttributes(
  state: ParseState,
  specs: AttrSpecs,
  own: ReadonlyMap<string, unknown>,
  at: number,
): Record<string, unknown> {
  const attrs: Record<string, unknown> = {};
  for (const name in specs) {
    const spec = specs[name]!;
    const value = own.has(name) ? own.get(name) : spec.fallback;
    if (value !== undefined) attrs[name] = value;
    else if (spec.presence === 'always') {
      state.s.fail('parse/missing-attribute', `the attribute ${name}=... is required; add it`, at);
    }
  }
  return attrs;
}
