// A small form: checks a field on leaving it and then live, puts the server's complaint beside its field, keeps what
// was typed, and sends the cursor to the first field at fault.
import { type FormEvent, useCallback, useMemo, useRef, useState } from 'react';
import { isApiError } from '~/api/error';
import { useFieldText } from './useErrorText';

type Rules<V, P> = { [K in keyof V]?: (value: V[K], all: V) => P | undefined };

type Options<V extends Record<string, string>, P> = {
  start: V;
  rules: Rules<V, P>;
  /** The words of a problem that a rule found. */
  say: (problem: P) => string;
  send: (values: V) => Promise<void>;
};

export function useForm<V extends Record<string, string>, P>({ start, rules, say, send }: Options<V, P>) {
  const [values, setValues] = useState(start);
  const [left, setLeft] = useState<Partial<Record<keyof V, true>>>({});
  const [theirs, setTheirs] = useState<Partial<Record<keyof V, string>>>({});
  const [failure, setFailure] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const fieldText = useFieldText();

  const problems = useMemo(() => {
    const found: Partial<Record<keyof V, string>> = {};
    for (const key of Object.keys(rules) as (keyof V)[]) {
      const problem = rules[key]?.(values[key], values);
      if (problem) found[key] = say(problem);
    }
    return found;
  }, [rules, values, say]);

  const set = useCallback(<K extends keyof V>(key: K, value: V[K]) => {
    setValues((now) => ({ ...now, [key]: value }));
    setTheirs(({ [key]: _gone, ...rest }) => rest as Partial<Record<keyof V, string>>);
  }, []);

  const focus = (name: keyof V) =>
    form.current?.querySelector<HTMLElement>(`[name="${String(name)}"]`)?.focus();

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (busy) return;
    setLeft(Object.fromEntries(Object.keys(values).map((key) => [key, true])) as typeof left);
    const first = Object.keys(problems)[0];
    if (first) return focus(first);
    setBusy(true);
    setFailure(undefined);
    try {
      await send(values);
    } catch (error) {
      const fields = isApiError(error) ? error.fields.filter((field) => field.field in values) : [];
      setTheirs(Object.fromEntries(fields.map((field) => [field.field, fieldText(field)])) as typeof theirs);
      if (fields[0]) focus(fields[0].field);
      else setFailure(error);
    } finally {
      setBusy(false);
    }
  };

  /** What an input of Mantine needs for one field. */
  const field = <K extends keyof V & string>(name: K) => ({
    name,
    value: values[name],
    error: theirs[name] ?? (left[name] ? problems[name] : undefined),
    onChange: (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value as V[K]),
    onBlur: () => {
      if (values[name]) setLeft((now) => ({ ...now, [name]: true }));
    },
  });

  return { values, set, field, submit, busy, failure, setFailure, form, dirty: values !== start, setValues };
}
