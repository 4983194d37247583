/**
 * A process that works through the mutants of one driver, and says of each that it begins: its parent
 * ends it where one takes too long or too much memory, and goes on after it.
 */
import { type DriverName, drivers, faultOf, mutantOf } from './drivers.ts';

const [name, seed, from, to] = process.argv.slice(2) as [DriverName, string, string, string];
const driver = drivers[name]();
const tell = (message: object) => process.send!(message);
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
for (let n = Number(from); n < Number(to); n++) {
  tell({ begins: n, worked: cpuSeconds() });
  const fault = faultOf(mutantOf(driver, name, Number(seed), n));
  if (fault !== undefined) tell({ fault, at: n });
}
tell({ done: true });
process.disconnect();
