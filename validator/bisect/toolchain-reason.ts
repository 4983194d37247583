/** Why a toolchain could not be had, told from a fault that must stop everything. */
import { AssayError } from '../../graphs/ir/diagnostic.ts';

/**
 * The reason, where a version was never published, does not install or does not run here.
 *
 * @throws what it is given where that is anything else: bad input, a fault of Assay, no network
 */
export function toolchainReason(error: unknown): string {
  if (!(error instanceof AssayError)) throw error;
  const { code, message } = error.diagnostic;
  const isOfVersion = error.blame === 'toolchain' || code.startsWith('toolchain/');
  if (!isOfVersion || code === 'toolchain/offline') throw error;
  return message;
}
