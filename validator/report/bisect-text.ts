/** A bisection for people: what each version or set told, where it turns, and how sure that is. */
import { visibleLine } from '../../graphs/text/visible.ts';
import type { AutoFound, SmallestModel } from '../bisect/auto.ts';
import type { OptimizersFound } from '../bisect/optimizers.ts';
import type { VersionsFound } from '../bisect/versions.ts';
import type { Size } from '../reduce/reducible.ts';
import { formatGateFinding } from './gate-text.ts';

/** The versions asked, then what follows from them. */
export function formatVersions(name: string, found: VersionsFound): string {
  const { told, bisection } = found;
  const width = Math.max(0, ...told.map(({ version }) => version.length));
  const rows = told.map(({ version, told: { kind, seen } }) =>
    visibleLine(`  ${version.padEnd(width)}  ${kind.padEnd(4)}  ${seen}`),
  );
  return [...rows, '', ...conclusion(name, found), ...certainty(bisection)].join('\n');
}

function conclusion(name: string, { bisection, versions }: VersionsFound): readonly string[] {
  const { outcome, boundaries } = bisection;
  const at = (index: number) => `${name}@${versions[index]}`;
  if (boundaries.length === 0) {
    const asked = bisection.ranges.length ? ' of those that were asked' : '';
    return [`${outcome}: no version${asked} turns from good to bad`];
  }
  return boundaries.map(({ kind, before, after, among }) => {
    const [left, right] = kind === 'break' ? ['good', 'bad'] : ['bad', 'good'];
    const first = `first ${right} version ${at(after)}, last ${left} ${at(before)}`;
    const between = among.map((index) => versions[index]);
    return between.length ? `${first}; not told: ${between.join(', ')}` : first;
  });
}

function certainty(bisection: VersionsFound['bisection']): readonly string[] {
  const { isConfirmed, contradictions, questions, boundaries, skipped } = bisection;
  const runs = `${questions.search} versions asked, ${questions.confirmation} asked again`;
  const sure =
    isConfirmed === undefined
      ? runs
      : isConfirmed
        ? `${runs}: both sides of each turn told the same again`
        : `${runs}: ${contradictions.length} told something else, so it is no fact of the version alone`;
  return [
    sure,
    ...(boundaries.length > 1
      ? ['it turns more than once: a fault that came and was mended, or several']
      : []),
    ...(skipped.length ? [`${skipped.length} could not be judged`] : []),
  ];
}

/** The sets of optimisers, or why there is none. */
export function formatOptimizers(
  spec: string,
  { outcome, sets, isComplete, told, questions }: OptimizersFound,
): string {
  const runs = `${questions} runs`;
  const bad = visibleLine(told.seen);
  if (outcome === 'not bad') return `${spec}: ${bad}, so no optimiser is to blame (${runs})`;
  if (outcome === 'not told') return `${spec} could not be judged: ${bad}`;
  if (outcome === 'not cured') {
    return `${spec}: ${bad}\nwrong with all its optimisers switched off as well: a kernel, or an optimiser without a name (${runs})`;
  }
  const rows = sets.map((set) => visibleLine(`  ${set.join(' + ')}`));
  const one = sets.length === 1 && isComplete ? 'right only without' : 'right without any one of';
  const rest = isComplete ? [] : ['there may be other sets'];
  return [`${spec}: ${bad}`, `${one}:`, ...rows, ...rest, `(${runs})`].join('\n');
}

/** Everything that was found, as one page. */
export function formatAuto(found: AutoFound): string {
  const { graph, toolchain, versions, blamed, optimizers, smallest, test, replay } = found;
  const page = [visibleLine(`${graph} on ${toolchain}`), '', formatVersions(toolchain, versions)];
  if (blamed === undefined) return page.join('\n');
  const unnamed = `${blamed} cannot switch off single optimisers, so none is named`;
  page.push('', optimizers ? formatOptimizers(blamed, optimizers) : unnamed);
  if (smallest) page.push('', ...smallestLines(smallest, blamed));
  if (test) page.push('', visibleLine(`test ${test}: red on ${blamed} (${replay})`));
  return page.join('\n');
}

function smallestLines(smallest: SmallestModel, blamed: string): readonly string[] {
  const { graph, outcome, questions, before, after, finding, silent } = smallest;
  const size = ({ instructions, nonZero }: Size) =>
    `${instructions} nodes, ${nonZero} numbers that are not zero`;
  const end = outcome === 'minimal' ? 'nothing of it can go' : 'it may not be the smallest';
  const right = silent.length ? `; right on ${silent.join(' and ')}` : '';
  return [
    visibleLine(`smallest model ${graph}: ${size(after)} (of ${size(before)})`),
    `  ${end}, ${questions} models tried; wrong on ${blamed}${right}`,
    '',
    formatGateFinding(finding),
  ];
}
