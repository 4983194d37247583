#!/usr/bin/env node
/** The executable: the process's arguments in, its exit code out. */
import { processIo } from './io.ts';
import { runCli } from './program.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo());
