/**
 * A thread that waits for the end of stdin, which the parent holds open: when it comes, the parent is
 * gone, and the process ends itself, though its main thread may be deep in native code.
 */
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

const parent = new Socket({ fd: 0, readable: true, writable: false });
parent.on('error', () => {});
parent.on('close', () => process.kill(process.pid, 'SIGKILL'));
parent.resume();
if (isMainThread) parent.unref();
