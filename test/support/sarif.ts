/**
 * What matters of the schema of SARIF 2.1.0 (OASIS, sarif-schema-2.1.0.json): required properties,
 * enumerations and patterns, and the rules of the text that no schema has (3.27.5, 3.27.6, 3.52).
 */
type Json = Readonly<Record<string, unknown>>;

const levels = ['none', 'note', 'warning', 'error'];
const kinds = ['notApplicable', 'pass', 'fail', 'review', 'open', 'informational'];

/** The complaints about a log; none where it is right. */
export function sarifComplaints(log: Json): readonly string[] {
  const told: string[] = [];
  const demand = (holds: boolean, what: string) => void (holds || told.push(what));
  demand(log.version === '2.1.0', 'version');
  demand(typeof log.$schema === 'string' && /^https:.*sarif-2\.1\.0/.test(log.$schema), '$schema');
  const runs = list(log.runs);
  demand(runs.length === 1, 'runs');
  for (const run of runs) {
    const driver = record(record(run.tool).driver);
    demand(isText(driver.name), 'driver.name');
    demand(/^\d+\.\d+\.\d+/.test(String(driver.semanticVersion)), 'semanticVersion');
    const rules = list(driver.rules);
    const ids = rules.map((r) => r.id);
    demand(new Set(ids).size === ids.length && ids.every(isText), 'rule ids');
    for (const rule of rules)
      demand(isText(record(rule.shortDescription).text), 'shortDescription');
    demand(['utf16CodeUnits', 'unicodeCodePoints'].includes(String(run.columnKind)), 'columnKind');
    for (const i of list(run.invocations)) {
      demand(typeof i.executionSuccessful === 'boolean', 'executionSuccessful');
      for (const n of list(i.toolExecutionNotifications)) {
        demand(isText(record(n.message).text) && levels.includes(String(n.level)), 'notification');
      }
    }
    for (const r of list(run.results)) {
      demand(ids[r.ruleIndex as number] === r.ruleId, 'ruleIndex');
      demand(isText(record(r.message).text), 'message.text');
      demand(levels.includes(String(r.level)) && kinds.includes(String(r.kind)), 'level or kind');
      demand(r.kind === 'fail' || r.level === 'none', 'a level other than none is of a failure');
      const prints = Object.entries(record(r.partialFingerprints));
      demand(
        prints.length > 0 && prints.every(([k, v]) => /\/v\d+$/.test(k) && isText(v)),
        'fingerprint',
      );
      for (const l of list(r.locations)) {
        const { uri } = record(record(l.physicalLocation).artifactLocation);
        demand(
          typeof uri === 'string' && /^[\w\-.~!$&'()*+,;=:@/%]*$/.test(uri),
          `uri ${String(uri)}`,
        );
        demand(!/%(?![0-9A-F]{2})/.test(String(uri)), 'percent-encoding');
        for (const g of list(l.logicalLocations))
          demand(isText(g.fullyQualifiedName), 'logical name');
      }
    }
  }
  return told;
}

const isText = (x: unknown) => typeof x === 'string' && x !== '' && !/\p{Surrogate}/u.test(x);
const list = (x: unknown) => (Array.isArray(x) ? x : []) as readonly Json[];
const record = (x: unknown) => (typeof x === 'object' && x !== null ? x : {}) as Json;
