/** Cycles in graphs of any size: the search keeps its own stack. */

/** Depth-first search for a cycle; the nodes on the first one found, in order. */
export function findCycle<N>(
  nodes: Iterable<N>,
  next: (node: N) => readonly N[],
): readonly N[] | undefined {
  const done = new Set<N>();
  for (const start of nodes) {
    const cycle = done.has(start) ? undefined : cycleFrom(start, next, done);
    if (cycle) return cycle;
  }
  return undefined;
}

function cycleFrom<N>(
  start: N,
  next: (node: N) => readonly N[],
  done: Set<N>,
): readonly N[] | undefined {
  const path = [{ node: start, followers: next(start), at: 0 }];
  const onPath = new Set([start]);
  while (path.length > 0) {
    const top = path.at(-1)!;
    if (top.at === top.followers.length) {
      path.pop();
      onPath.delete(top.node);
      done.add(top.node);
      continue;
    }
    const follower = top.followers[top.at++]!;
    if (onPath.has(follower)) {
      const nodes = path.map((p) => p.node);
      return nodes.slice(nodes.indexOf(follower));
    }
    if (done.has(follower)) continue;
    path.push({ node: follower, followers: next(follower), at: 0 });
    onPath.add(follower);
  }
  return undefined;
}
