// What a failed call means: one error type for the whole app, made from problem+json (RFC 9457) or from a dead link.

export type FieldProblem = { field: string; code: string; message: string };

type ApiErrorInit = {
  status: number;
  code: string;
  detail?: string | undefined;
  fields?: FieldProblem[] | undefined;
  retryAfterSeconds?: number | undefined;
  requestId?: string | undefined;
  /** What this kind of refusal says besides: the line of a file, the kind of fault. */
  more?: Readonly<Record<string, unknown>> | undefined;
  cause?: unknown;
};

/** A call that did not succeed. `status` is 0 when no answer came at all (`code` is then `network`). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Stable and meant for programs; the words for people are in `i18n/<language>/errors.json`. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly fields: FieldProblem[];
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(init: ApiErrorInit) {
    super(init.detail ?? init.code, { cause: init.cause });
    this.status = init.status;
    this.code = init.code;
    this.detail = init.detail;
    this.fields = init.fields ?? [];
    this.retryAfterSeconds = init.retryAfterSeconds;
    this.requestId = init.requestId;
    this.more = init.more ?? {};
  }

  /** The problem of one field, if the server named it. */
  field(name: string): FieldProblem | undefined {
    return this.fields.find((problem) => problem.field === name);
  }
}

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;

export function networkError(cause: unknown): ApiError {
  return new ApiError({ status: 0, code: 'network', cause });
}

/** Reads the refusal out of a response. Never throws: an answer that is no problem+json still becomes an error. */
export async function problemOf(response: Response): Promise<ApiError> {
  const body = await response
    .clone()
    .json()
    .catch(() => undefined);
  const problem = isRecord(body) ? body : {};
  return new ApiError({
    status: response.status,
    code: text(problem.code) ?? fallbackCode(response.status),
    detail: text(problem.detail) ?? text(problem.title),
    fields: Array.isArray(problem.errors) ? problem.errors.filter(isField) : [],
    more: problem,
    retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
    requestId: text(problem.instance) ?? response.headers.get('x-request-id') ?? undefined,
  });
}

/** `Retry-After` holds seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, now: number = Date.now()): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

function fallbackCode(status: number): string {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 413) return 'too_large';
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'unavailable' : 'bad_request';
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const isField = (value: unknown): value is FieldProblem =>
  isRecord(value) && typeof value.field === 'string' && typeof value.code === 'string';
