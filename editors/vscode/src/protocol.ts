// What dapper-attach says beyond the Debug Adapter Protocol: the bodies of its
// custom requests, and the lines of `dapper-attach ps --json`.

export const TYPE = "dapper-attach";

export type TaskState = "waiting" | "ready" | "running" | "done";

export interface Verdict {
  state: string;
  confidence: string | null;
  summary: string;
}

export interface TaskItem {
  id: string;
  threadId: number;
  name: string;
  coroutine: string;
  label: string;
  state: TaskState;
  kind: string | null;
  summary: string;
  waitsFor: string[];
  awaitedBy: string[];
  holders: string[];
  culprit: boolean;
  path?: string | null;
  line?: number | null;
}

export interface ThreadItem {
  id: string;
  threadId: number;
  name: string;
  state: string;
  summary: string;
  waitsFor: string[];
}

export interface ResourceItem {
  id: string;
  name: string;
  summary: string;
  holders: string[];
  waiters: string[];
}

export interface Culprit {
  path: string | null;
  line: number | null;
  function: string | null;
  text: string | null;
}

export interface Diagnosis {
  kind: string;
  summary: string;
  culprit: Culprit | null;
  ids: string[];
  threadIds: number[];
  hint: string | null;
  recoversInSeconds: number | null;
  confidence: string;
}

/** The answer to `dapper/tasks`. */
export interface Tasks {
  verdict: Verdict | null;
  total: number;
  shown: number;
  tasks: TaskItem[];
  threads: ThreadItem[];
  resources: ResourceItem[];
  diagnoses: Diagnosis[];
}

/** One element of `dapper-attach ps --json`. */
export interface Process {
  pid: number;
  parent_pid: number | null;
  user: string;
  python: { version: string; free_threaded: boolean; debug: boolean } | null;
  threads: number | null;
  tasks: number | null;
  command: string[];
  error: { code: string; message: string; hint?: string | null } | null;
  verdict?: Verdict | null;
}
