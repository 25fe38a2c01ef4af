// The key of what one means to send: the same words are the same intent, however often the button is pressed; words that
// were changed after a failure are another one, because the first may have arrived.
import { useRef } from 'react';
import { intentKey } from '~/api/client';

export function useIntent(): (content: string) => string {
  const last = useRef<{ content: string; key: string }>(undefined);
  return (content) => {
    if (last.current?.content !== content) last.current = { content, key: intentKey() };
    return last.current.key;
  };
}
