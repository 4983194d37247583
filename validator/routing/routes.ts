/**
 * Where requests go: every destination that a rule may choose, whatever its share, and where a session stays
 * once its first request went there. A fault names the rule, the variant and the requests.
 */
import type { Dispatcher, Request, Rule } from './dispatcher.ts';

/** A way that a request may take. */
export interface Route {
  readonly request: Request;
  readonly variant: string;
  readonly rule: string;
  /** Odds that it is taken. */
  readonly share: number;
  /** The first request of the session, where it stays with that one against its own rule. */
  readonly after?: Request;
}

/** What is wrong with routes, before anything runs. */
export interface RoutingFault {
  readonly kind: 'no-rule' | 'cannot-hold' | 'misrouted';
  readonly rule: string;
  readonly variant: string;
  readonly routes: readonly Route[];
}

/** The rule of a request: the first that holds of its size. */
export function ruleOf({ size }: Request, rules: readonly Rule[]): Rule | undefined {
  return rules.find(({ atLeast, atMost }) => size >= atLeast && size <= atMost);
}

/** Every route that a dispatcher may take for its requests, sticky ones after those of the rules. */
export function routesOf(dispatcher: Dispatcher): readonly Route[] {
  const { requests, rules, sticky } = dispatcher;
  const own = requests.flatMap((request) => {
    const rule = ruleOf(request, rules);
    return [...(rule?.to ?? [])].map(([variant, share]): Route => {
      return { request, variant, share, rule: rule!.name };
    });
  });
  return sticky ? [...own, ...stickyRoutes(dispatcher)] : own;
}

/** Later requests of a session at a variant that their own rule would never choose. */
function stickyRoutes({ requests, rules }: Dispatcher): readonly Route[] {
  const firsts = new Map<string, Request>();
  const routes: Route[] = [];
  for (const request of requests) {
    if (request.session === undefined) continue;
    const first = firsts.get(request.session);
    if (!first) {
      firsts.set(request.session, request);
      continue;
    }
    const began = ruleOf(first, rules);
    const own = ruleOf(request, rules)?.to;
    for (const [variant, share] of began?.to ?? []) {
      if (own?.has(variant)) continue;
      routes.push({ request, variant, share, rule: began!.name, after: first });
    }
  }
  return routes;
}

/** Routes that are wrong by themselves; `holds` is how much a variant holds. */
export function routingFaults(
  dispatcher: Dispatcher,
  routes: readonly Route[],
  holds: (variant: string) => number,
): readonly RoutingFault[] {
  const { requests, rules } = dispatcher;
  const unruled = requests.filter((request) => ruleOf(request, rules) === undefined);
  const nowhere = unruled.map((request): Route => {
    return { request, variant: '', rule: '', share: 1 };
  });
  const beyond = routes.filter(({ request, variant }) => request.size > holds(variant));
  return [
    ...(nowhere.length
      ? [{ kind: 'no-rule', rule: '', variant: '', routes: nowhere } as const]
      : []),
    ...grouped('cannot-hold', beyond),
    ...grouped('misrouted', misrouted(dispatcher)),
  ];
}

/**
 * Requests that were served by a variant which their rule does not choose; with sticky sessions, those too
 * that stayed where a misrouted first one went.
 */
function misrouted({ requests, rules, sticky }: Dispatcher): readonly Route[] {
  const firsts = new Map<string, { readonly request: Request; readonly isRight: boolean }>();
  return requests.flatMap((request): readonly Route[] => {
    const { served, session } = request;
    const rule = ruleOf(request, rules);
    if (served === undefined || rule === undefined) return [];
    const isRight = rule.to.has(served);
    const first = sticky && session !== undefined ? firsts.get(session) : undefined;
    if (session !== undefined && !firsts.has(session)) firsts.set(session, { request, isRight });
    const stays = first !== undefined && first.request.served === served;
    if (isRight || (stays && first.isRight)) return [];
    const after = stays ? { after: first.request } : {};
    return [{ request, variant: served, rule: rule.name, share: 1, ...after }];
  });
}

/** Routes by the rule and the variant that they have in common, sticky ones apart. */
function grouped(kind: RoutingFault['kind'], routes: readonly Route[]): readonly RoutingFault[] {
  const groups = groupsOf(routes, ({ rule, variant, after }) =>
    JSON.stringify([rule, variant, after !== undefined]),
  );
  return [...groups.values()].map((all) => {
    const [{ rule, variant }] = all as [Route];
    return { kind, rule, variant, routes: all };
  });
}

/** Items by what they have in common, in order. */
export function groupsOf<T>(
  items: readonly T[],
  key: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(key(item));
    if (own) own.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
