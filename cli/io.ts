/**
 * The three things that a command writes: its report to stdout, everything else to stderr, and a
 * progress line that exists on a terminal only. Tests pass one that collects.
 */

import pc from 'picocolors';
import { visible, visibleLine } from '../graphs/text/visible.ts';
import { exitCodes } from './exit-codes.ts';

/** Where a command writes. Text goes out as it stands: line ends are the caller's. */
export interface Io {
  /** Writes to stdout, as it stands. */
  out(text: string): void;
  /** Writes to stderr, as it stands. */
  err(text: string): void;
  /** Draws on the terminal of stderr, escape sequences and all; `err` where absent. */
  draw?(text: string): void;
  /** Whether stdout and stderr are terminals. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
}

/** A line that is overwritten by the next one; on a terminal only, and never with `--quiet`. */
export class Progress {
  private readonly io: Io;
  private readonly shown: boolean;
  private drawn = false;

  constructor(io: Io, quiet: boolean) {
    this.io = io;
    this.shown = io.errIsTerminal && !quiet;
  }

  update(text: string): void {
    if (!this.shown) return;
    this.draw(`\r\x1b[2K${pc.dim(visibleLine(text).slice(0, 100))}`);
    this.drawn = true;
  }

  /** Takes the line away, so that what follows starts on an empty one. */
  clear(): void {
    if (this.drawn) this.draw('\r\x1b[2K');
    this.drawn = false;
  }

  private draw(text: string): void {
    if (this.io.draw) this.io.draw(text);
    else this.io.err(text);
  }
}

/** The same, with all that is written made visible: names from a model send a terminal nothing. */
export function visibleIo(io: Io): Io {
  const { outIsTerminal, errIsTerminal } = io;
  return {
    ...{ outIsTerminal, errIsTerminal },
    out: (text) => io.out(visible(text)),
    err: (text) => io.err(visible(text)),
    draw: (text) => io.err(text),
  };
}

/**
 * The process's own streams. A reader that goes away (`| head`) does not change what a command
 * finds: it runs to its end in silence, and the exit code is the same.
 */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') stopUnwritten(stream, error);
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
  };
}

/** A report that cannot be written is no finding (1): the process ends with a fault (3), and says why. */
function stopUnwritten(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): never {
  if (stream === process.stdout) {
    const what = `standard output cannot be written: ${error.message}`;
    process.stderr.write(
      `assay: ${visibleLine(what)} [file/${(error.code ?? 'io').toLowerCase()}]\n`,
    );
  }
  process.exit(exitCodes.fault);
}
